# Installs a build into an empty folder, moves that elsewhere, builds a project that finds it there, and runs its programs.
# What is installed stays for the test of README.md's commands.
function(run_step)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# A list of what the user has installed from this build is not the test's to replace.
set(manifest ${BUILD}/install_manifest.txt)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
if(EXISTS ${manifest})
  file(RENAME ${manifest} ${WORK}/theirs.txt)
endif()
run_step(${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${WORK}/hecaton)
file(RENAME ${manifest} ${WORK}/manifest.txt)
if(EXISTS ${WORK}/theirs.txt)
  file(RENAME ${WORK}/theirs.txt ${manifest})
endif()
file(RENAME ${WORK}/hecaton ${WORK}/prefix)

# Nothing that is read, and not executed, names the checkout or the build.
file(GLOB_RECURSE installed ${WORK}/prefix/*)
foreach(file IN LISTS installed)
  file(STRINGS ${file} lines REGEX "${SOURCE}" LIMIT_COUNT 1)
  if(lines AND NOT file MATCHES "/bin/hecaton[a-z-]*$|\\.a$")
    message(FATAL_ERROR "${file} names the checkout: ${lines}")
  endif()
endforeach()
run_step(${WORK}/prefix/bin/hecaton --version)
run_step(${WORK}/prefix/bin/hecaton validate ${WORK}/prefix/${DATA}/hecaton/decks/quickstart.toml)
foreach(file IN ITEMS man/man1/hecaton.1 man/man1/hecaton-export.1 bash-completion/completions/hecaton
                      zsh/site-functions/_hecaton fish/vendor_completions.d/hecaton.fish
                      hecaton/python/pyproject.toml hecaton/python/hecaton/__init__.py hecaton/python/link_map.py
                      hecaton/small-machine.sh hecaton/studies/study.sh hecaton/cluster/job.sbatch
                      doc/hecaton/README.md doc/hecaton/LICENSE)
  if(NOT EXISTS ${WORK}/prefix/${DATA}/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()
run_step(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CONSUMER} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix
         -DCMAKE_BUILD_TYPE=${CONFIG})
run_step(${CMAKE_COMMAND} --build ${WORK}/build)
run_step(${WORK}/build/example ${WORK}/prefix/${DATA}/hecaton/decks/quickstart.toml)
