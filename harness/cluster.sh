#!/usr/bin/env bash
# Three brokers without Docker, until Ctrl-C (make cluster). Options go to each KafkaBroker.java.
#
# As soon as a node fails, for example because its port is in use, the others are stopped too, and the exit code is 1. A
# node that is killed does not stop the others: three nodes are there to survive that, and it can be started again.
CDPATH='' cd "$(dirname "$0")/.." || exit 1 # with a CDPATH, cd may lead elsewhere
nodes=3
pids=() # by node; one that has ended is taken out

# A node without a quorum does not shut down on SIGTERM. Nothing needs to be saved: the data is removed anyway.
end() {
    trap '' INT TERM HUP
    for try in 1 2 3; do
        kill "${pids[@]}" || break
        sleep 1
    done
    kill -9 "${pids[@]}"
    wait
    rm -rf "$data"
    exit "$1"
}

./jbang build scripts/KafkaBroker.java || exit 1
data=$(mktemp -d) || exit 1
exec 3>&2 2>/dev/null # bash itself reports each process that is killed; we do so below
trap 'end 130' INT
trap 'end 143' TERM HUP
for ((node = 1; node <= nodes; node++)); do
    ./jbang scripts/KafkaBroker.java --node $node --of $nodes --data-dir "$data/$node" "$@" 2>&3 3>&- &
    pids[node]=$!
done
while [ ${#pids[@]} -gt 0 ]; do
    for node in "${!pids[@]}"; do
        kill -0 "${pids[node]}" && continue
        wait "${pids[node]}"
        status=$?
        unset "pids[node]"
        if [ $status -lt 128 ]; then
            echo "cluster: node $node failed; ending the others" >&3
            end 1
        fi
        echo "cluster: node $node was killed; ${#pids[@]} of $nodes are left. To start it again:" \
            "./jbang scripts/KafkaBroker.java --node $node --of $nodes --data-dir $data/$node $*" >&3
    done
    sleep 0.5
done
end 1
