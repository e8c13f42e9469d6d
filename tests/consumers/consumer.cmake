# Two targets with the same source settings, one of which links the library: check.py compares their command lines.

add_executable(consumer ${CMAKE_CURRENT_LIST_DIR}/main.cpp)
target_link_libraries(consumer PRIVATE tessera::tessera)

file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/without.cpp "int main() {}\n")
add_executable(without ${CMAKE_CURRENT_BINARY_DIR}/without.cpp)
target_compile_features(without PRIVATE cxx_std_20)

file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/untouched.cpp "int main() {}\n")
add_executable(untouched ${CMAKE_CURRENT_BINARY_DIR}/untouched.cpp)

foreach(target tessera_program tessera_test_main)
  if(TARGET ${target})
    message(FATAL_ERROR "${target} came along: a consumer gets the library alone")
  endif()
endforeach()
