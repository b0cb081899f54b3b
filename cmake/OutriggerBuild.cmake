# SPDX-License-Identifier: Apache-2.0
# How everything of ours is compiled. Nothing here leaks into a consumer: all flags hang on our own targets.
include_guard(GLOBAL)

if(OUTRIGGER_SIDECAR OR OUTRIGGER_DEVELOPER_MODE)
    set(THREADS_PREFER_PTHREAD_FLAG ON)
    find_package(Threads REQUIRED)
    find_package(PkgConfig REQUIRED)
endif()

if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
    if(NOT CMAKE_BUILD_TYPE)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
    endif()
    find_program(OUTRIGGER_CCACHE ccache)
    if(OUTRIGGER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${OUTRIGGER_CCACHE})
    endif()
    find_program(OUTRIGGER_MOLD mold)
    if(OUTRIGGER_MOLD)
        add_link_options(-fuse-ld=mold)
    endif()
endif()

add_library(outrigger_flags INTERFACE)
target_compile_features(outrigger_flags INTERFACE cxx_std_20)
# Frame pointers make profiles and reports readable; in a release they, and calls of libraries by way of a stub, would
# be one instruction in fifty.
target_compile_options(outrigger_flags INTERFACE $<IF:$<CONFIG:Release>,-fno-plt;-fno-semantic-interposition,-fno-omit-frame-pointer>)
if(OUTRIGGER_DEVELOPER_MODE)
    target_compile_options(outrigger_flags INTERFACE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
        -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough -Werror)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Designated initialisers deliberately leave the rest of a settings struct at its defaults. Once it inlines,
        # g++ 12 reports null dereferences, uninitialised coroutine frames and overlapping copies that do not exist.
        target_compile_options(outrigger_flags INTERFACE
            -Wno-missing-field-initializers -Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict)
    else()
        target_compile_options(outrigger_flags INTERFACE -Wno-missing-field-initializers)
    endif()
endif()
if(OUTRIGGER_SANITIZE)
    target_compile_options(outrigger_flags INTERFACE -fsanitize=${OUTRIGGER_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(outrigger_flags INTERFACE -fsanitize=${OUTRIGGER_SANITIZE})
endif()
if(OUTRIGGER_FUZZ)
    # Coverage for libFuzzer in every object; the fuzz targets themselves add the driver.
    target_compile_options(outrigger_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(outrigger_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# A program that serves by Debian's libcpp-httplib, which is not instrumented: tells ThreadSanitizer.
function(outrigger_serves_by_packaged_httplib target)
    if(OUTRIGGER_SANITIZE MATCHES "thread")
        target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/system/tsan_suppressions.cpp)
    endif()
endfunction()

# outrigger_room(NAME SOURCES ... LINKS ...): one room inside sidecar/, target sidecar_NAME.
function(outrigger_room name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "HEADER_ONLY" "" "SOURCES;LINKS;PRIVATE_LINKS")
    if(arg_HEADER_ONLY)
        add_library(sidecar_${name} INTERFACE)
        target_include_directories(sidecar_${name} INTERFACE ${PROJECT_SOURCE_DIR})
        target_link_libraries(sidecar_${name} INTERFACE ${arg_LINKS})
        return()
    endif()
    add_library(sidecar_${name} STATIC ${arg_SOURCES})
    target_include_directories(sidecar_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(sidecar_${name} PUBLIC ${arg_LINKS} PRIVATE outrigger_flags ${arg_PRIVATE_LINKS})
endfunction()

# What every request goes through: in a release -O3 saves one instruction in twenty-five there. Elsewhere it only takes
# longer to compile.
function(outrigger_hot_path target)
    if(TARGET ${target})   # a component that nobody asked for is not there
        target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O3>)
    endif()
endfunction()
