# SPDX-License-Identifier: Apache-2.0
# Debian packages, for scripts/package: one build has the program, linked statically with our libraries;
# OUTRIGGER_SHARED_BUILD names the other, with the shared libraries. Each installs what is Debian's about its packages.
include_guard(GLOBAL)

set(OUTRIGGER_CONTACT "outrigger <outrigger@localhost>" CACHE STRING
    "Who answers for the packages: a name and an address")
set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(runtime_package liboutrigger${soversion})
set(dev_package liboutrigger-dev)
set(sidecar_package outrigger)

# Copyright, changelog and, where lintian's general rule does not fit, the reason.
function(outrigger_install_debian_documents component)
    set(package ${${component}_package})
    set(folder ${CMAKE_INSTALL_DATADIR}/doc/${package})
    install(FILES ${PROJECT_SOURCE_DIR}/deploy/debian/copyright DESTINATION ${folder} COMPONENT ${component})
    install(FILES ${PROJECT_BINARY_DIR}/debian/changelog.gz DESTINATION ${folder} COMPONENT ${component})
    set(overrides ${PROJECT_SOURCE_DIR}/deploy/debian/${component}.lintian-overrides)
    if(EXISTS ${overrides})
        install(FILES ${overrides} DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME ${package}
                COMPONENT ${component})
    endif()
endfunction()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)   # SOURCE_DATE_EPOCH, if it is set
configure_file(${PROJECT_SOURCE_DIR}/deploy/debian/changelog.in ${PROJECT_BINARY_DIR}/debian/changelog @ONLY)
execute_process(COMMAND gzip -9nf ${PROJECT_BINARY_DIR}/debian/changelog COMMAND_ERROR_IS_FATAL ANY)
foreach(component IN ITEMS runtime dev sidecar)
    outrigger_install_debian_documents(${component})
endforeach()
if(NOT OUTRIGGER_SHARED_BUILD)
    return()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME outrigger)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${OUTRIGGER_CONTACT})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL runtime dev sidecar)
foreach(component IN ITEMS runtime dev sidecar)   # of a project in CPACK_INSTALL_CMAKE_PROJECTS, by its third word
    string(TOUPPER CPACK_COMPONENTS_${component} components)
    set(${components} ${component})
endforeach()
set(CPACK_INSTALL_CMAKE_PROJECTS ${OUTRIGGER_SHARED_BUILD} outrigger runtime /
                                 ${OUTRIGGER_SHARED_BUILD} outrigger dev /
                                 ${PROJECT_BINARY_DIR} outrigger sidecar /)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${runtime_package})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "The shared libraries, one for each component.")
# What packages that link them depend on; and the linker's cache is brought up to date.
get_property(libraries GLOBAL PROPERTY OUTRIGGER_LIBRARIES)
set(shlibs "")
foreach(target IN LISTS libraries)
    string(APPEND shlibs "lib${target} ${soversion} ${runtime_package} (>= ${PROJECT_VERSION})\n")
endforeach()
file(WRITE ${PROJECT_BINARY_DIR}/debian/shlibs "${shlibs}")
file(WRITE ${PROJECT_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/debian/shlibs
                                               ${PROJECT_BINARY_DIR}/debian/triggers)

set(CPACK_DEBIAN_DEV_PACKAGE_NAME ${dev_package})
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${runtime_package} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "prometheus-cpp-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION
    "What compiles and links against the libraries:\n headers, and files for CMake and pkg-config.")

set(debian ${PROJECT_SOURCE_DIR}/deploy/debian)
set(CPACK_DEBIAN_SIDECAR_PACKAGE_NAME ${sidecar_package})
set(CPACK_DEBIAN_SIDECAR_PACKAGE_SECTION net)
# Besides what dpkg-shlibdeps finds.
get_property(loaded GLOBAL PROPERTY OUTRIGGER_LOADED_PACKAGES)
list(JOIN loaded ", " CPACK_DEBIAN_SIDECAR_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_SIDECAR_DESCRIPTION
    "The sidecar proxy, with a systemd unit that is neither\n enabled nor started by itself.")
set(CPACK_DEBIAN_SIDECAR_PACKAGE_CONTROL_EXTRA
    ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
include(CPack)
