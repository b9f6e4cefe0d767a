# SPDX-License-Identifier: GPL-2.0-or-later
# Rooms: one static library each, so that a wrong include fails to link (docs/architecture.md).

add_library(netweir_flags INTERFACE)
target_compile_options(netweir_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow)
# g++ 12 at -O3 sees overlaps inside std::string that are not there (https://gcc.gnu.org/PR105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(netweir_flags INTERFACE -Wno-restrict)
endif()
if(NETWEIR_WERROR)
  target_compile_options(netweir_flags INTERFACE -Werror)
endif()
# span and array subscripts abort instead of reading past their end.
target_compile_definitions(netweir_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(NETWEIR_SANITIZE)
  target_compile_options(netweir_flags INTERFACE -fsanitize=${NETWEIR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(netweir_flags INTERFACE -fsanitize=${NETWEIR_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(netweir_flags INTERFACE -fstack-protector-strong)
  target_compile_definitions(netweir_flags INTERFACE _FORTIFY_SOURCE=2)
endif()

# netweir_room(wire [rooms...] [PkgConfig::x...]): the library netweir_<name> of src/<name>/*.cpp.
function(netweir_room name)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT files)
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp CONTENT "")
    set(files ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.cpp)
  endif()
  add_library(netweir_${name} STATIC ${files})
  target_include_directories(netweir_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
  target_link_libraries(netweir_${name} PUBLIC ${ARGN} PRIVATE netweir_flags)
endfunction()

# The rows of a generated table of kinds: netweir_add_kind(list decls source pcap "absent reason").
function(netweir_add_kind what name absent)
  string(TOUPPER ${what} upper)
  if(absent)
    set(decl "namespace netweir::${name} {\nconstexpr ${what} kind{.name = \"${name}\", .absent = \"${absent}\"};\n}\n")
  else()
    set(decl "namespace netweir::${name} {\nextern const ${what} kind;\n}\n")
  endif()
  set_property(GLOBAL APPEND_STRING PROPERTY NETWEIR_${upper}_DECLS "${decl}")
  set_property(GLOBAL APPEND_STRING PROPERTY NETWEIR_${upper}_LIST "    &${name}::kind,\n")
endfunction()

# Finds pkg-config modules; sets ${out} to why they are missing, else empty, and PkgConfig::<module>.
macro(netweir_find_packages out)
  set(${out} "")
  foreach(pkg IN ITEMS ${ARGN})
    pkg_check_modules(${pkg} IMPORTED_TARGET GLOBAL QUIET ${pkg})
    if(NOT ${pkg}_FOUND)
      set(${out} "built without ${pkg}")
    endif()
  endforeach()
endmacro()
