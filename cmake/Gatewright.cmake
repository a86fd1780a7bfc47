# How a folder becomes a library, and how a test folder becomes a test program.

# A second build of the same sources, in whichever folder, costs seconds.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# -Wrestrict raises false alarms on std::string in GCC 12 (its bug 105651).
add_library(gatewright_warnings INTERFACE)
target_compile_options(gatewright_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${GATEWRIGHT_WERROR}>:-Werror>)

# gatewright_library(NAME LINKS other... [PRIVATE external...])
# Makes lib gatewright_NAME of every .cpp in the calling folder and the rooms below it. Includes read "NAME/file.h".
function(gatewright_library name)
  cmake_parse_arguments(arg "" "" "LINKS;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp)
  list(TRANSFORM arg_LINKS PREPEND gatewright_ REGEX "^(support|num|formula|layers|graph|passes|formats|target|circuit|schedule|backends|tools|train|data|report|study)$")
  if(sources)
    add_library(gatewright_${name} STATIC ${sources})
    target_link_libraries(gatewright_${name} PUBLIC ${arg_LINKS} PRIVATE gatewright_warnings ${arg_PRIVATE})
    target_include_directories(gatewright_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  else()
    add_library(gatewright_${name} INTERFACE)
    target_link_libraries(gatewright_${name} INTERFACE ${arg_LINKS})
    target_include_directories(gatewright_${name} INTERFACE ${PROJECT_SOURCE_DIR}/src)
  endif()
endfunction()

# gatewright_test(NAME LINKS other... ) makes the test program test_NAME of every .cpp in the folder and its rooms.
# Most of what a test costs is to compile it, which -O1 does a fifth faster; what it tests is as the preset says.
function(gatewright_test name)
  cmake_parse_arguments(arg "" "" "LINKS;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp)
  list(TRANSFORM arg_LINKS PREPEND gatewright_)
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE ${arg_LINKS} ${arg_PRIVATE} gatewright_warnings GTest::gtest_main)
  target_compile_options(test_${name} PRIVATE -O1)
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  gtest_discover_tests(test_${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${name})
endfunction()
