// The shapes of the built-in digits: for each digit several ways in which people write it, as strokes of a pen. Our
// own drawing; no data set was traced. Points lie in a box with x from 0 (left) to 1 and y from 0 (top) to 1; the pen
// runs smoothly through them (Catmull-Rom), and a point that is written twice is a corner.

/** x, y, x, y, … in the order of writing. */
export type Stroke = readonly number[]

export interface Style {
  /** How often it is used, against the digit's other styles. */
  weight: number
  strokes: readonly Stroke[]
}

// prettier-ignore
export const digitStyles: readonly (readonly Style[])[] = [
  [ // 0: round, narrow, begun at the right with an overlap
    { weight: 4, strokes: [[.52, 0, .22, .12, .06, .48, .2, .86, .5, 1, .8, .87, .94, .5, .8, .13, .48, .01]] },
    { weight: 3, strokes: [[.5, .02, .32, .18, .24, .5, .32, .84, .52, 1, .7, .82, .78, .5, .68, .16, .46, .03]] },
    { weight: 2, strokes: [[.72, .14, .5, .02, .2, .2, .1, .55, .24, .9, .54, .98, .84, .74, .88, .36, .66, .08, .42, .1]] },
  ],
  [ // 1: a line, with a flag, with flag and foot, bent
    { weight: 5, strokes: [[.5, 0, .5, .5, .5, 1]] },
    { weight: 3, strokes: [[.3, .22, .42, .12, .54, 0, .54, 0, .54, .5, .53, 1]] },
    { weight: 2, strokes: [[.32, .2, .53, 0, .53, 0, .52, .5, .52, 1], [.28, 1, .52, .98, .8, 1]] },
    { weight: 1, strokes: [[.46, 0, .54, .5, .5, 1]] },
  ],
  [ // 2: plain, with a loop at the foot, with a wavy foot
    { weight: 4, strokes: [[.1, .25, .28, .04, .62, .01, .84, .24, .68, .54, .38, .78, .1, .98, .1, .98, .5, .97, .92, .98]] },
    { weight: 3, strokes: [[.12, .24, .34, .02, .7, .06, .8, .32, .58, .64, .28, .92, .1, .9, .16, .74, .36, .78, .62, .98, .94, .88]] },
    { weight: 2, strokes: [[.14, .16, .45, 0, .8, .14, .76, .42, .46, .72, .08, 1, .08, 1, .3, .9, .6, 1, .95, .92]] },
  ],
  [ // 3: two bows with a corner, flat top, a little loop in the middle
    { weight: 4, strokes: [[.12, .14, .4, 0, .74, .08, .78, .3, .4, .47, .4, .47, .8, .58, .86, .82, .54, 1, .1, .88]] },
    { weight: 2, strokes: [[.12, .03, .46, .03, .82, .03, .82, .03, .6, .22, .42, .4, .42, .4, .78, .5, .86, .76, .54, 1, .1, .9]] },
    { weight: 3, strokes: [[.14, .12, .5, 0, .8, .18, .6, .42, .34, .5, .5, .46, .84, .64, .74, .94, .36, 1, .06, .86]] },
  ],
  [ // 4: open with a straight stem, closed, open and round
    { weight: 4, strokes: [[.22, .03, .16, .3, .12, .57, .12, .57, .5, .56, .9, .55], [.72, .02, .7, .5, .66, 1]] },
    { weight: 2, strokes: [[.64, 0, .64, 0, .36, .34, .08, .68, .08, .68, .5, .68, .96, .67], [.65, 0, .65, .5, .64, 1]] },
    { weight: 3, strokes: [[.16, .02, .12, .3, .22, .52, .5, .54, .8, .42], [.84, 0, .78, .45, .7, 1]] },
  ],
  [ // 5: bar written last, in one go, like an S
    { weight: 4, strokes: [[.26, .04, .22, .24, .2, .43, .2, .43, .5, .36, .84, .54, .82, .84, .48, 1, .1, .9], [.26, .04, .56, .03, .88, .01]] },
    { weight: 3, strokes: [[.86, .02, .6, .04, .3, .05, .3, .05, .26, .24, .22, .45, .22, .45, .55, .38, .86, .6, .74, .92, .4, 1, .08, .9]] },
    { weight: 2, strokes: [[.84, .04, .5, .03, .24, .14, .26, .36, .6, .48, .84, .68, .7, .94, .38, 1, .08, .9]] },
  ],
  [ // 6: bowed back, straight back, curled top
    { weight: 4, strokes: [[.7, .01, .38, .18, .14, .56, .18, .88, .48, 1, .8, .88, .78, .62, .48, .52, .18, .7]] },
    { weight: 3, strokes: [[.46, 0, .26, .3, .12, .66, .2, .94, .5, 1, .76, .86, .7, .62, .42, .58, .14, .78]] },
    { weight: 2, strokes: [[.82, .14, .62, 0, .32, .12, .12, .5, .18, .9, .54, 1, .86, .8, .72, .54, .36, .54, .14, .76]] },
  ],
  [ // 7: plain, with a bar, with a serif, bowed
    { weight: 4, strokes: [[.08, .06, .5, .05, .9, .04, .9, .04, .64, .46, .44, 1]] },
    { weight: 2, strokes: [[.08, .06, .5, .04, .9, .05, .9, .05, .62, .46, .42, 1], [.26, .52, .54, .49, .82, .48]] },
    { weight: 2, strokes: [[.1, .22, .12, .04, .12, .04, .5, .05, .88, .03, .88, .03, .58, .5, .46, 1]] },
    { weight: 2, strokes: [[.06, .12, .3, .02, .62, .08, .9, .04, .84, .24, .6, .6, .54, 1]] },
  ],
  [ // 8: an S and back, two rings, open at the top
    { weight: 4, strokes: [[.76, .16, .5, 0, .22, .14, .34, .4, .66, .56, .84, .8, .5, 1, .16, .8, .36, .54, .66, .38, .78, .15]] },
    { weight: 2, strokes: [[.5, .46, .24, .3, .28, .06, .58, .01, .76, .2, .5, .46, .2, .64, .18, .92, .54, 1, .84, .84, .76, .6, .48, .46]] },
    { weight: 3, strokes: [[.82, .1, .46, .01, .22, .2, .48, .44, .78, .68, .62, .97, .24, .92, .24, .66, .58, .4, .84, .08]] },
  ],
  [ // 9: straight stem, bowed stem, hooked tail
    { weight: 4, strokes: [[.78, .16, .5, .01, .2, .18, .24, .44, .54, .48, .78, .18, .78, .18, .76, .6, .72, 1]] },
    { weight: 3, strokes: [[.8, .14, .5, 0, .18, .2, .28, .46, .6, .4, .82, .12, .8, .5, .56, 1]] },
    { weight: 2, strokes: [[.8, .18, .52, 0, .2, .18, .26, .46, .6, .48, .82, .2, .84, .6, .68, .94, .4, 1, .16, .9]] },
  ],
]
