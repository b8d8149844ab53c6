#!/bin/sh
# Three steps of a training that lives elsewhere: losses in, weights out, one JSON line each.
#
#     npm run build && sh examples/weigh.sh
#
# The second step has no picture with a box, the loss of the third has overflowed: each says so in its reasons.
counterpoise() { node "$(dirname "$0")/../packages/cli/bin/counterpoise.js" "$@"; }

counterpoise weigh running-max --option decay=0.99 --priority box=2 <<'END'
{"losses": {"class": 2.3, "box": 5000}}
{"losses": {"class": 2.1, "box": 0}, "mask": {"box": false}}
{"losses": {"class": 2.0, "box": Infinity}}
END
