// A cold start: import, then a model built and one row predicted. Prints the milliseconds since the process began.
const began = performance.now()
const { dense, Sequential } = await import('../../dist/index.js')
const imported = performance.now()
const model = new Sequential([dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })])
await model.compile({ optimizer: 'adam', loss: 'crossentropy', inputShape: [784] })
model.predictSync(new Uint8Array(784).fill(100), new Float32Array(10))
const predicted = performance.now()
console.log(JSON.stringify({ began, imported, predicted }))
