# Runs one throwaway PostgreSQL for as long as standard input stays open.
#
#   sh supervisor.sh FOLDER BIN [postgres options]
#
# Only bankrun holds the other end of that pipe, so it closes when bankrun
# ends, however it ends. This script then stops the server and removes FOLDER.
# A line on the pipe stops a server that runs, and starts one that has ended.
# FOLDER/log is the log of both programs; FOLDER/stopped is there while there is
# no server, once there was one or could have been.

folder=$1
bin=$2
shift 2
trap '' HUP INT TERM
cd "$folder" || exit 1
exec 3<&0 </dev/null >>log 2>&1

# Interrupts a program, which for the server means a fast shutdown, until it is
# gone: one that has only just started may not listen yet. Insists after five
# seconds. What stands still is to go on first, or it would not hear of it.
stop() {
    kill -CONT "$1" $(cat /proc/"$1"/task/*/children)
    tries=0
    while [ "$tries" -lt 100 ] && kill -INT "$1"; do
        sleep 0.05
        tries=$((tries + 1))
    done
    kill -QUIT "$1"
}

# Waits for a program, which is stopped by a line, or when the pipe closes.
attend() {
    (read -r _ <&3; stop "$1") 2>/dev/null &
    watcher=$!
    wait "$1"
    status=$?
    kill -KILL "$watcher"
    wait "$watcher"
    return "$status"
}

serve() {
    "$bin/postgres" -D data -k "$folder" "$@" 3<&- &
    attend $!
}

"$bin/initdb" -D data -U postgres --auth=trust --encoding=UTF8 --no-locale \
    --no-sync --no-instructions 3<&- &
if attend $!; then
    serve "$@"
    : >stopped
    while read -r _ <&3; do
        rm -f stopped
        serve "$@"
        : >stopped
    done
else
    : >stopped
    while read -r _ <&3; do :; done
fi

cd /
# Processes of a server that had to be killed may write for a moment longer, into
# folders that were empty just now.
tries=0
until rm -rf "$folder" 2>/dev/null || [ "$tries" -ge 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
