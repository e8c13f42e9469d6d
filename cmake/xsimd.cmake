# Finds xsimd (8.1 and later) and names its target. Also part of the installed package, so it depends on nothing else here.
#
# A target that the user's own build defines is taken as it is. From an installed package only the include path is taken:
# Debian's also asks to link xtl, which serves complex numbers alone and is not installed along.

function(tessera_find_xsimd result)
  foreach(candidate xsimd::xsimd xsimd)
    if(TARGET ${candidate})
      get_target_property(imported ${candidate} IMPORTED)
      if(NOT imported)
        set(${result} ${candidate} PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()

  if(NOT TARGET tessera::xsimd)
    find_package(xsimd QUIET)
    find_path(TESSERA_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp HINTS ${xsimd_INCLUDE_DIRS} DOC "The folder that holds xsimd/xsimd.hpp")
    mark_as_advanced(TESSERA_XSIMD_INCLUDE_DIR)
    if(NOT TESSERA_XSIMD_INCLUDE_DIR)
      message(FATAL_ERROR "Tessera needs xsimd 8.1 or later (Debian and Ubuntu: libxsimd-dev; Homebrew: xsimd). "
        "If its headers are elsewhere, pass -DTESSERA_XSIMD_INCLUDE_DIR=folder.")
    endif()
    add_library(tessera::xsimd INTERFACE IMPORTED GLOBAL)
    set_target_properties(tessera::xsimd PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${TESSERA_XSIMD_INCLUDE_DIR}")
  endif()
  set(${result} tessera::xsimd PARENT_SCOPE)
endfunction()
