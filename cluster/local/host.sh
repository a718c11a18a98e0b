#!/bin/bash
# host.sh NAME DIR DAEMON: process 1 of a host of the local cluster; started by slurm.py in the host's namespaces.
set -u
name=$1 dir=$2 daemon=$3
hostname "$name"
mount --bind "$dir/hosts" /etc/hosts
# What is local to a host: shared memory, and the scratch space of Slurm's and Open MPI's own files. On a shared /tmp,
# hosts would stumble over each other's: PMIx makes a folder named after user and job step on each.
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs "$dir/tmp"

words=("$daemon" -D)
[ "$daemon" = slurmctld ] || words+=(-N "$name")
start_daemon() { "${words[@]}" & }

# A shell that reaps what ends and never ends itself.
trap start_daemon USR1
trap "" TERM HUP USR2
start_daemon
while :; do
    wait
    sleep 0.2
done
