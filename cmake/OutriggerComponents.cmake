# SPDX-License-Identifier: Apache-2.0
# The library's components: what each is made of and needs, said once in outrigger_component(). What is built, looked
# for, installed, and written into the files for CMake and pkg-config follows from it.
include_guard(GLOBAL)
include(OutriggerThirdParty)
include(OutriggerInstall)

set(OUTRIGGER_COMPONENTS all CACHE STRING
    "The components to build, with those they stand on: all, or a list such as metrics;resilience")
set_property(GLOBAL PROPERTY OUTRIGGER_ASKED ${OUTRIGGER_COMPONENTS})
set_property(GLOBAL PROPERTY OUTRIGGER_KNOWN)
if((OUTRIGGER_SIDECAR OR OUTRIGGER_DEVELOPER_MODE) AND NOT "all" IN_LIST OUTRIGGER_COMPONENTS)
    message(FATAL_ERROR "OUTRIGGER_COMPONENTS is '${OUTRIGGER_COMPONENTS}', but the program and the tests need all: "
                        "set OUTRIGGER_SIDECAR and OUTRIGGER_DEVELOPER_MODE to OFF, or OUTRIGGER_COMPONENTS to all")
endif()

# outrigger_component(NAME [HEADER_ONLY] [SOURCES ...] [LINKS ...] [NEEDS ...] [PULLS ...] [HEADERS ...] [EXCEPT ...])
# One public component: target outrigger_NAME, alias outrigger::NAME.
#   LINKS    other components, part of its interface. A component is declared before those it stands on: they are
#            built if someone who was asked for needs them.
#   NEEDS    names of OutriggerThirdParty.cmake. Linked privately: no public header includes one of theirs.
#   PULLS    symbols that a linker must ask for, where only a weak reference would find them in an archive.
#   HEADERS  folders and files of include/outrigger/ (NAME by default); EXCEPT: what in them is another component's.
# The umbrella include/outrigger/NAME.hpp is always its own.
function(outrigger_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "HEADER_ONLY" "" "SOURCES;LINKS;NEEDS;PULLS;HEADERS;EXCEPT")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "outrigger_component(${name}) does not know ${arg_UNPARSED_ARGUMENTS}")
    endif()
    outrigger_ask_for(${name} "${arg_LINKS}" asked)
    if(NOT asked)
        return()
    endif()
    outrigger_find_needs(${name} "${arg_NEEDS}" third_party)

    set(target outrigger_${name})
    if(arg_HEADER_ONLY)
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
    else()
        add_library(${target} ${arg_SOURCES})   # STATIC or SHARED, as BUILD_SHARED_LIBS says
        set(scope PUBLIC)
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:outrigger_flags> ${third_party})
        outrigger_shared_library(${target})
        set_property(GLOBAL APPEND PROPERTY OUTRIGGER_LIBRARIES ${target})
    endif()
    add_library(outrigger::${name} ALIAS ${target})
    target_compile_features(${target} ${scope} cxx_std_20)
    target_include_directories(${target} ${scope} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${target} ${scope} ${arg_LINKS})
    foreach(symbol IN LISTS arg_PULLS)
        target_link_options(${target} INTERFACE LINKER:-u,${symbol})
    endforeach()
    # Unity builds of a parent project would join files whose private names are the same.
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF)
    if(OUTRIGGER_INSTALL)
        outrigger_install_component(${name} LINKS ${arg_LINKS} NEEDS ${arg_NEEDS} PULLS ${arg_PULLS}
                                    HEADERS ${arg_HEADERS} EXCEPT ${arg_EXCEPT})
    endif()
endfunction()

# Whether a component is to be built; if so, those in `links` are asked for too.
function(outrigger_ask_for name links result)
    set_property(GLOBAL APPEND PROPERTY OUTRIGGER_KNOWN ${name})
    get_property(asked GLOBAL PROPERTY OUTRIGGER_ASKED)
    set(wanted OFF)
    if(name IN_LIST asked OR "all" IN_LIST asked)
        set(wanted ON)
        list(TRANSFORM links REPLACE "^outrigger::" "")
        foreach(link IN LISTS links)
            if(TARGET outrigger_${link})
                message(FATAL_ERROR "component ${link} is declared before ${name}, which stands on it")
            endif()
        endforeach()
        set_property(GLOBAL APPEND PROPERTY OUTRIGGER_ASKED ${links})
    endif()
    set(${result} ${wanted} PARENT_SCOPE)
endfunction()

# Finds the third-party packages of a component, or ends with a sentence that names both.
function(outrigger_find_needs name needs result)
    set(targets)
    foreach(need IN LISTS needs)
        get_property(find GLOBAL PROPERTY OUTRIGGER_FIND_OF_${need})
        get_property(target GLOBAL PROPERTY OUTRIGGER_TARGET_OF_${need})
        get_property(debian GLOBAL PROPERTY OUTRIGGER_DEBIAN_OF_${need})
        if(NOT find)
            message(FATAL_ERROR "component ${name} needs '${need}', which OutriggerThirdParty.cmake does not know")
        endif()
        separate_arguments(arguments UNIX_COMMAND "${find}")
        set(THREADS_PREFER_PTHREAD_FLAG ON)
        find_package(${arguments} QUIET)
        if(NOT TARGET ${target})
            message(FATAL_ERROR "outrigger's component ${name} needs the package ${find}, which was not found. "
                                "Install it (Debian: ${debian}), or name the components that you need in OUTRIGGER_COMPONENTS")
        endif()
        get_property(headers_only GLOBAL PROPERTY OUTRIGGER_HEADERS_ONLY_OF_${need})
        if(headers_only)
            set(target $<BUILD_INTERFACE:${target}>)
        endif()
        list(APPEND targets ${target})
    endforeach()
    set(${result} ${targets} PARENT_SCOPE)
endfunction()

# Shared: a version in the name, since a 0.x may break with each x, and nothing visible but what is ours.
function(outrigger_shared_library target)
    set(version ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${version} DEFINE_SYMBOL "")
    if(NOT BUILD_SHARED_LIBS)
        return()
    endif()
    set(map ${PROJECT_BINARY_DIR}/outrigger.map)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/outrigger.map.in ${map} @ONLY)
    target_link_options(${target} PRIVATE -Wl,--version-script=${map})
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${map})
    if(NOT CMAKE_SKIP_INSTALL_RPATH)
        set_property(TARGET ${target} PROPERTY INSTALL_RPATH $ORIGIN)   # they lie beside each other
    endif()
endfunction()

# After the last component: a target for all that are built. Refuses names that no component has.
function(outrigger_close_components)
    get_property(libraries GLOBAL PROPERTY OUTRIGGER_LIBRARIES)
    add_custom_target(outrigger_components DEPENDS ${libraries})
    get_property(known GLOBAL PROPERTY OUTRIGGER_KNOWN)
    foreach(name IN LISTS OUTRIGGER_COMPONENTS)
        if(NOT name IN_LIST known AND NOT name STREQUAL "all")
            list(JOIN known ", " names)
            message(FATAL_ERROR "OUTRIGGER_COMPONENTS has '${name}', but the components are ${names}, or all")
        endif()
    endforeach()
endfunction()
