# Headers, the CMake package and the pkg-config file. Nothing here depends on the architecture, so all of it goes to share/.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(tessera_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/tessera)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tessera DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/tessera-config.cmake.in ${PROJECT_BINARY_DIR}/tessera-config.cmake
  INSTALL_DESTINATION ${tessera_package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tessera-config-version.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/tessera-config.cmake ${PROJECT_BINARY_DIR}/tessera-config-version.cmake
  ${CMAKE_CURRENT_LIST_DIR}/xsimd.cmake DESTINATION ${tessera_package_dir})

# pkg-config's users get xsimd from its own file where it is installed as a package, else from where it was found.
find_package(xsimd QUIET)
if(xsimd_FOUND)
  set(tessera_pc_requires "Requires: xsimd\n")
  set(tessera_pc_xsimd "")
else()
  set(tessera_pc_requires "")
  set(tessera_pc_xsimd " -isystem ${TESSERA_XSIMD_INCLUDE_DIR}")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/tessera.pc.in ${PROJECT_BINARY_DIR}/tessera.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tessera.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
