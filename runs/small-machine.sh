# To be sourced: settings of Open MPI for laptops, containers and virtual machines, where it runs as root, with more
# ranks than cores, without a fast network. A cluster has its own settings; do not use these there.
# mpirun crashes for users that the host does not know and that have no home.
[ -n "${HOME-}" ] || export HOME=/nonexistent
export OMPI_ALLOW_RUN_AS_ROOT=1
export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none
# A waiting rank gives its core away: without it, ranks that share a core take turns by the scheduler's clock.
export OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_pml=ob1
export OMPI_MCA_btl=self,vader,tcp
export OMPI_MCA_osc=^ucx
