# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` leaves of a component: library, headers, and the files by which CMake and pkg-config find it.
# Each component is an export set of its own, so that only who asks for it looks for what it needs.
include_guard(GLOBAL)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

option(OUTRIGGER_INSTALL "Install the components that are built" ${PROJECT_IS_TOP_LEVEL})
set(OUTRIGGER_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/outrigger)
set(OUTRIGGER_GENERATED_DIR ${PROJECT_BINARY_DIR}/installed)

function(outrigger_install_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS;NEEDS;PULLS;HEADERS;EXCEPT")
    install(TARGETS outrigger_${name} EXPORT outrigger-${name}-targets
            LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev
            ARCHIVE COMPONENT dev)
    install(EXPORT outrigger-${name}-targets NAMESPACE outrigger:: DESTINATION ${OUTRIGGER_CMAKE_DIR} COMPONENT dev)
    outrigger_install_headers(${name} "${arg_HEADERS}" "${arg_EXCEPT}")

    foreach(need IN LISTS arg_NEEDS)
        get_property(headers_only GLOBAL PROPERTY OUTRIGGER_HEADERS_ONLY_OF_${need})
        if(headers_only)
            list(REMOVE_ITEM arg_NEEDS ${need})
        endif()
    endforeach()
    get_target_property(type outrigger_${name} TYPE)
    if(NOT type STREQUAL "STATIC_LIBRARY")
        set(arg_NEEDS)   # whoever links a shared library need not find what is inside
    endif()
    set(components ${arg_LINKS})
    list(TRANSFORM components REPLACE "^outrigger::" "")
    outrigger_install_needs(${name} "${components}" "${arg_NEEDS}")
    outrigger_install_pkg_config(${name} ${type} "${components}" "${arg_NEEDS}" "${arg_PULLS}")
endfunction()

function(outrigger_install_headers name folders except)
    set(from ${PROJECT_SOURCE_DIR}/include/outrigger)
    set(to ${CMAKE_INSTALL_INCLUDEDIR}/outrigger)
    set(leave_out)
    foreach(path IN LISTS except)
        string(REGEX REPLACE "([.+])" "\\\\\\1" pattern /outrigger/${path})
        list(APPEND leave_out REGEX "${pattern}$" EXCLUDE)
    endforeach()
    if(NOT folders)
        set(folders ${name})
    endif()
    foreach(path IN LISTS folders)
        if(IS_DIRECTORY ${from}/${path})
            install(DIRECTORY ${from}/${path}/ DESTINATION ${to}/${path} COMPONENT dev
                    FILES_MATCHING PATTERN *.hpp ${leave_out})
        else()
            get_filename_component(folder ${path} DIRECTORY)
            install(FILES ${from}/${path} DESTINATION ${to}/${folder} COMPONENT dev)
        endif()
    endforeach()
    install(FILES ${from}/${name}.hpp DESTINATION ${to} COMPONENT dev)
endfunction()

# For outrigger-config.cmake: the components and packages that a component needs.
function(outrigger_install_needs name components needs)
    set(text "set(components ${components})\nset(packages)\n")
    foreach(need IN LISTS needs)
        get_property(find GLOBAL PROPERTY OUTRIGGER_FIND_OF_${need})
        get_property(target GLOBAL PROPERTY OUTRIGGER_TARGET_OF_${need})
        string(APPEND text "list(APPEND packages \"${target} ${find}\")\n")
    endforeach()
    set(file ${OUTRIGGER_GENERATED_DIR}/outrigger-${name}-needs.cmake)
    file(CONFIGURE OUTPUT ${file} CONTENT "${text}" @ONLY)
    install(FILES ${file} DESTINATION ${OUTRIGGER_CMAKE_DIR} COMPONENT dev)
endfunction()

# Static libraries name all that they need in `Requires` and `Libs`: there --libs alone must suffice, and a build that
# is not --static must not come out different. A shared one names its components only.
function(outrigger_install_pkg_config name type components needs pulls)
    list(TRANSFORM components PREPEND outrigger- OUTPUT_VARIABLE modules)
    list(TRANSFORM modules APPEND " = ${PROJECT_VERSION}")
    set(libs)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
        list(TRANSFORM pulls PREPEND -Wl,-u, OUTPUT_VARIABLE libs)
        list(APPEND libs "-L\${libdir}" -loutrigger_${name})
    endif()
    foreach(need IN LISTS needs)
        get_property(module GLOBAL PROPERTY OUTRIGGER_PKG_CONFIG_OF_${need})
        get_property(flags GLOBAL PROPERTY OUTRIGGER_LIBS_OF_${need})
        list(APPEND modules ${module})
        list(APPEND libs ${flags})
    endforeach()
    list(JOIN modules ", " requires)
    list(JOIN libs " " libs)
    set(pkg_config_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    file(RELATIVE_PATH to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
    string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
    file(RELATIVE_PATH include_dir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
    file(RELATIVE_PATH lib_dir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
    set(file ${OUTRIGGER_GENERATED_DIR}/outrigger-${name}.pc)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/outrigger.pc.in ${file} @ONLY)
    install(FILES ${file} DESTINATION ${pkg_config_dir} COMPONENT dev)
endfunction()

# Once, after the last component.
function(outrigger_install_package)
    get_property(known GLOBAL PROPERTY OUTRIGGER_KNOWN)
    list(SORT known)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/outrigger_config.cmake.in
                   ${OUTRIGGER_GENERATED_DIR}/outrigger-config.cmake @ONLY)
    write_basic_package_version_file(${OUTRIGGER_GENERATED_DIR}/outrigger-config-version.cmake
                                     COMPATIBILITY SameMinorVersion)
    install(FILES ${OUTRIGGER_GENERATED_DIR}/outrigger-config.cmake
                  ${OUTRIGGER_GENERATED_DIR}/outrigger-config-version.cmake
            DESTINATION ${OUTRIGGER_CMAKE_DIR} COMPONENT dev)
    install(FILES ${PROJECT_SOURCE_DIR}/include/outrigger/outrigger.hpp
            DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/outrigger COMPONENT dev)
endfunction()

# The program, with what a machine needs to run it as a service.
function(outrigger_install_program)
    install(TARGETS outrigger RUNTIME COMPONENT sidecar)
    set(from ${PROJECT_SOURCE_DIR}/deploy/systemd)
    set(settings ${CMAKE_INSTALL_FULL_SYSCONFDIR}/outrigger)
    file(READ ${from}/outrigger.service unit)
    string(REPLACE /usr/bin/ ${CMAKE_INSTALL_FULL_BINDIR}/ unit "${unit}")
    string(REPLACE /etc/outrigger ${settings} unit "${unit}")
    file(CONFIGURE OUTPUT ${OUTRIGGER_GENERATED_DIR}/outrigger.service CONTENT "${unit}" @ONLY)
    install(FILES ${OUTRIGGER_GENERATED_DIR}/outrigger.service DESTINATION lib/systemd/system COMPONENT sidecar)
    # Relative, even where it leaves the prefix (/usr): packages are put together in a folder of their own.
    file(RELATIVE_PATH settings ${CMAKE_INSTALL_PREFIX} ${settings})
    install(FILES ${from}/outrigger.yaml DESTINATION ${settings} COMPONENT sidecar)

    configure_file(${PROJECT_SOURCE_DIR}/docs/outrigger.1 ${OUTRIGGER_GENERATED_DIR}/outrigger.1 COPYONLY)
    find_program(OUTRIGGER_GZIP gzip)
    set(manual ${OUTRIGGER_GENERATED_DIR}/outrigger.1)
    if(OUTRIGGER_GZIP)
        execute_process(COMMAND ${OUTRIGGER_GZIP} -9nf ${manual} COMMAND_ERROR_IS_FATAL ANY)
        set(manual ${manual}.gz)
    endif()
    install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT sidecar)
endfunction()
