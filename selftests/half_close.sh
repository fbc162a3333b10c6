#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A half-closed connection that still transfers is not stuck: 20 of them outlive ten times their timeout, and lose no byte. The same
# connections without a spare are reaped, and so are they once they fall silent.
. "$(dirname "$0")/lib.sh"

new_ns a || exit 1
load || exit 1
policy a close_wait/timeout_ms=2000 close_wait/spare_active=1 mode=enforce

background busy a halfclose -n 20 -s 20 -i 500
await busy '^ready' >/dev/null || exit 1
# Once the timeout has passed for the first time, they are spared; a census or a second look must not count anyone twice.
check "spared_active reaches 20" poll_until 6 stat_is a spared_active 20
check "all 20 are tracked" stat_is a close_wait_tracked 20
line=$(await busy '^halfclose' 40)
ended busy
check_is "every byte arrived, every connection ended by itself" 0 $?
diag "$line"
check_is "800 bytes were sent" 800 "$(field sent "$line")"
check_is "spared_active counts each once" 20 "$(stat_of a spared_active)"
check_is "none was reaped" 0 "$(stat_of a close_wait_reaped)"
check "they recovered" poll_until 3 stat_is a close_wait_recovered 20

policy a close_wait/spare_active=0
background strict a halfclose -n 5 -s 4 -i 500
await strict '^halfclose' 20 >/dev/null
ended strict
check "without spare_active the same kind of transfer breaks" test $? -ne 0
check "all 5 were reaped" poll_until 3 stat_is a close_wait_reaped 5

policy a close_wait/spare_active=1
background slow a halfclose -n 5 -s 12 -i 4000
await slow '^halfclose' 30 >/dev/null
ended slow
check "one that is silent longer than the timeout breaks" test $? -ne 0
check "all 5 of them were reaped too" poll_until 3 stat_is a close_wait_reaped 10
finish
