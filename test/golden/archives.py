"""Makes archives.json: zip archives as another program makes them, Python's zipfile.

Run: python3 test/golden/archives.py > test/golden/archives.json
"""

import base64
import io
import json
import warnings
import zipfile

warnings.simplefilter('ignore')
text = b'hello ' * 100
noise = bytes((i * 2654435761 >> 7) & 255 for i in range(5000))
WHEN = (2020, 1, 2, 3, 4, 6)


def archive(build, compression=zipfile.ZIP_DEFLATED, comment=b''):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', compression) as z:
        build(z)
        z.comment = comment
    return base64.b64encode(out.getvalue()).decode()


def put(z, name, data, mode=0o644, force_zip64=False):
    info = zipfile.ZipInfo(name, WHEN)
    info.compress_type = z.compression
    info.external_attr = mode << 16
    info.create_system = 3
    with z.open(info, 'w', force_zip64=force_zip64) as f:
        f.write(data)


def usual(z):
    z.writestr(zipfile.ZipInfo('gzip/', WHEN), b'')
    put(z, 'gzip/hello.txt', text)
    put(z, 'gzip/noise', noise)
    put(z, 'empty', b'')
    put(z, 'gr\u00fc\u00dfe.txt', b'hi')


def zip64(z):
    put(z, 'hello.txt', text, force_zip64=True)



def zip64_directory():
    # zipfile writes the long form wherever a limit is passed: so lower the limit.
    limit, count = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 10, 1
    try:
        return archive(lambda z: (put(z, 'hello.txt', text, force_zip64=True), put(z, 'noise', noise, force_zip64=True)))
    finally:
        zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limit, count


def one(name, mode=0o644):
    return archive(lambda z: put(z, name, b'x', mode))


golden = {
    'text': text.decode(),
    'noise': base64.b64encode(noise).decode(),
    'deflated': archive(usual, comment=b'made for a test'),
    'stored': archive(usual, zipfile.ZIP_STORED),
    'bzip2': archive(usual, zipfile.ZIP_BZIP2),
    'zip64': archive(zip64),
    'zip64Directory': zip64_directory(),
    'escapes': [
        one(name)
        for name in ['../up', 'a/../../up', '/etc/x', 'C:/x', 'a//b', 'a\\..\\b', './x', 'tab\there', 'dot.']
    ],
    'link': one('link', 0o120777),
    'twice': archive(lambda z: (put(z, 'a/x', b'1'), put(z, 'A/X', b'2'))),
    'fileAndFolder': archive(lambda z: (put(z, 'a', b'1'), put(z, 'a/x', b'2'))),
    'bomb': archive(lambda z: put(z, 'zeros', bytes(2_000_000))),
}
print(json.dumps(golden))
