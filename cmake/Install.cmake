# The exported package: headers, libraries (hecaton::hecaton_net, ...) and what find_package(hecaton) reads. Program
# and decks are installed by runs.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/hecaton)
install(TARGETS hecaton_options EXPORT hecaton)
install(EXPORT hecaton NAMESPACE hecaton:: FILE hecatonTargets.cmake DESTINATION ${package_folder})
install(DIRECTORY core net partition io runs DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hecaton
        FILES_MATCHING PATTERN "*.hpp" PATTERN decks EXCLUDE PATTERN studies EXCLUDE PATTERN energy EXCLUDE)

write_basic_package_version_file(${PROJECT_BINARY_DIR}/hecatonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/hecatonConfig.cmake cmake/FindSCOTCH.cmake ${PROJECT_BINARY_DIR}/hecatonConfigVersion.cmake
        DESTINATION ${package_folder})

# For clusters: batch scripts and studies of scaling, and a module file.
install(DIRECTORY cluster DESTINATION ${CMAKE_INSTALL_DATADIR}/hecaton USE_SOURCE_PERMISSIONS
        PATTERN __pycache__ EXCLUDE PATTERN modules EXCLUDE PATTERN spack EXCLUDE PATTERN apptainer EXCLUDE
        PATTERN bundle EXCLUDE)
configure_file(cluster/modules/hecaton.in ${PROJECT_BINARY_DIR}/modules/${PROJECT_VERSION} @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/modules/${PROJECT_VERSION} DESTINATION ${CMAKE_INSTALL_DATADIR}/modulefiles/hecaton)

# What people read, in the folders that links between them name.
file(GLOB_RECURSE documents RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
     core/*.md net/*.md partition/*.md io/*.md runs/*.md tests/*.md cluster/*.md net/*.svg runs/gallery/*.png runs/energy/*.toml runs/*.ipynb)
foreach(document IN LISTS documents ITEMS README.md LICENSE CHANGELOG.md CONTRIBUTING.md CITATION.cff cmake/packages.txt)
  cmake_path(GET document PARENT_PATH folder)
  install(FILES ${document} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
endforeach()

add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
          -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake
  VERBATIM)
