# Ends a server and removes its folder when the owner has ended. The owner holds the other end of standard
# input and never writes. $1 is the folder, and $2 the signal that ends the server.

trap '' HUP INT QUIT TERM
read -r line

# From now on no process can start there: it first has to write its ID into the folder.
mv "$1" "$1.ended" || exit
if read -r server <"$1.ended/process"; then
    # A process that has just begun may miss a signal. PostgreSQL itself waits five seconds for its processes.
    tries=70
    while [ "$tries" -gt 0 ] && kill -s "$2" "$server"; do
        tries=$((tries - 1))
        sleep 0.1
    done
    kill -s KILL "$server"
fi
for try in 1 2 3 4 5; do
    rm -rf "$1.ended" && exit
    sleep 1
done
