# Runs one throwaway PostgreSQL for as long as standard input stays open.
#
#   sh supervisor.sh FOLDER BIN [postgres options]
#
# Only bankrun holds the other end of that pipe, so it closes when bankrun
# ends, however it ends. This script then stops the server and removes FOLDER.
# FOLDER/log is the log of both programs; FOLDER/stopped appears when there is
# no server any more, or never was one.

folder=$1
bin=$2
shift 2
trap '' HUP INT TERM
cd "$folder" || exit 1
exec 3<&0 </dev/null >>log 2>&1

# Fast shutdown first; whoever has not gone after five seconds is not asked.
stop() {
    kill -INT "$1"
    tries=0
    while [ "$tries" -lt 100 ] && kill -0 "$1"; do
        sleep 0.05
        tries=$((tries + 1))
    done
    kill -QUIT "$1"
}

if "$bin/initdb" -D data -U postgres --auth=trust --encoding=UTF8 --no-locale \
    --no-sync --no-instructions 3<&-; then
    "$bin/postgres" -D data -k "$folder" "$@" 3<&- &
    server=$!
    (read -r _ <&3; stop "$server") 2>/dev/null &
    watcher=$!
    wait "$server"
    kill -KILL "$watcher"
fi

: >stopped
read -r _ <&3
wait
cd /
rm -rf "$folder"
