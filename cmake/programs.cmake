# What Tessera's own tests, examples and benchmarks are compiled with: the processor, the warnings, where programs land.
# Nothing here reaches a user's targets.

include(${CMAKE_CURRENT_LIST_DIR}/arch.cmake)
find_package(Threads REQUIRED)

if(tessera_is_top_level)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo" FORCE)
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(TESSERA_CCACHE ccache)
  mark_as_advanced(TESSERA_CCACHE)
  if(TESSERA_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    # It remembers what uses a precompiled header only if told that neither times nor macros matter there.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${TESSERA_CCACHE})
  endif()
endif()

set(CMAKE_CXX_EXTENSIONS OFF)

set(TESSERA_ARCH "" CACHE STRING "Processor of Tessera's own programs: sse2, sse4_2, avx2, avx512, neon64, or a name for -march; empty: this machine's")
tessera_arch_flags("${TESSERA_ARCH}" tessera_arch_options)
if(NOT "${TESSERA_ARCH}|${tessera_arch_options}" STREQUAL "${tessera_arch_reported}")
  message(STATUS "Tessera's programs are compiled with: ${tessera_arch_options}")
  set(tessera_arch_reported "${TESSERA_ARCH}|${tessera_arch_options}" CACHE INTERNAL "")
endif()

set(tessera_warnings -Wall -Wextra -Wconversion -Wshadow -Werror)

add_library(tessera_program INTERFACE)
target_link_libraries(tessera_program INTERFACE tessera::tessera Threads::Threads)
target_compile_options(tessera_program INTERFACE ${tessera_arch_options})
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(tessera_program INTERFACE ${tessera_warnings})
  # GCC 12 sees uninitialised members in the alternatives of a std::variant that it does not hold: told, not refused.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(tessera_program INTERFACE -Wno-error=maybe-uninitialized)
  endif()
endif()
