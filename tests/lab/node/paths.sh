# shellcheck shell=bash
# The same in every script that runs inside a node: the search path and what the node is.
export PATH=/run/lab/agent:/run/lab/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C
# shellcheck source=/dev/null
source /run/lab/node/env
