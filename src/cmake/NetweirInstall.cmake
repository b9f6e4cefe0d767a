# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed: the program, and its rooms as two libraries. netweir::core decodes, tracks and formats and needs
# no other library; netweir::netweir is all of it.
include(CMakePackageConfigHelpers)

# The rooms are apart in the build so that a wrong include fails to link; who uses them gets two archives.
add_library(netweir-core STATIC $<TARGET_OBJECTS:netweir_wire> $<TARGET_OBJECTS:netweir_track> $<TARGET_OBJECTS:netweir_format>)
add_library(netweir-all STATIC $<TARGET_OBJECTS:netweir_os> $<TARGET_OBJECTS:netweir_netlink> $<TARGET_OBJECTS:netweir_config>
  $<$<TARGET_EXISTS:netweir_capture>:$<TARGET_OBJECTS:netweir_capture>>
  $<TARGET_OBJECTS:netweir_run> $<TARGET_OBJECTS:netweir_sources> $<TARGET_OBJECTS:netweir_sinks>)
set_target_properties(netweir-core PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME core)
set_target_properties(netweir-all PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME netweir OUTPUT_NAME netweir)
foreach(library netweir-core netweir-all)
  target_compile_features(${library} INTERFACE cxx_std_20)
  target_include_directories(${library} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()
add_library(netweir::core ALIAS netweir-core)
add_library(netweir::netweir ALIAS netweir-all)

# The pkg-config modules that the objects need: those of the rooms, and of the sources and sinks that were built.
get_property(modules GLOBAL PROPERTY NETWEIR_MODULES)
list(APPEND modules libmnl yaml-cpp)
list(REMOVE_DUPLICATES modules)
list(SORT modules)
list(TRANSFORM modules PREPEND PkgConfig:: OUTPUT_VARIABLE imported)
target_link_libraries(netweir-all PUBLIC netweir-core PRIVATE ${imported} Threads::Threads)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/netweir)
install(TARGETS netweir-core EXPORT netweir-core ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS netweir-all EXPORT netweir ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/netweir DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT netweir-core NAMESPACE netweir:: FILE netweir-core-targets.cmake DESTINATION ${package})
install(EXPORT netweir NAMESPACE netweir:: FILE netweir-targets.cmake DESTINATION ${package})

set(NETWEIR_FIND_MODULES "")
foreach(module IN LISTS modules)
  string(APPEND NETWEIR_FIND_MODULES "  pkg_check_modules(${module} QUIET REQUIRED IMPORTED_TARGET GLOBAL ${module})\n")
endforeach()
list(JOIN modules ", " NETWEIR_REQUIRES)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/netweir-config.cmake.in ${PROJECT_BINARY_DIR}/netweir-config.cmake
  INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/netweir-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/netweir-config.cmake ${PROJECT_BINARY_DIR}/netweir-config-version.cmake DESTINATION ${package})

# Relative to the .pc file, so that a prefix may be moved.
file(RELATIVE_PATH NETWEIR_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" NETWEIR_PC_PREFIX "${NETWEIR_PC_PREFIX}")
foreach(name netweir netweir-core)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

if(TARGET netweir)
  install(TARGETS netweir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
file(GLOB samples CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/config/*.yaml)
install(FILES ${samples} DESTINATION ${CMAKE_INSTALL_DATADIR}/netweir)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The man page is built where scdoc is there; the program does not depend on it.
find_program(NETWEIR_SCDOC scdoc)
set(man ${PROJECT_SOURCE_DIR}/docs/netweir.1.scd)
if(NETWEIR_SCDOC AND EXISTS ${man})
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/netweir.1
    COMMAND sh -c "\"$1\" <\"$2\" >\"$3\"" sh ${NETWEIR_SCDOC} ${man} ${PROJECT_BINARY_DIR}/netweir.1
    DEPENDS ${man} VERBATIM)
  add_custom_target(netweir_man ALL DEPENDS ${PROJECT_BINARY_DIR}/netweir.1)
  install(FILES ${PROJECT_BINARY_DIR}/netweir.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
