# One call declares a module, its dependencies, its unit tests and its fuzz targets.
#
#   es_module(es_bus SOURCES es_bus.c USES es_base es_obs LINK PkgConfig::NNG TESTS es_bus_test.c FUZZ es_frame_fuzz.c)
#
# A module's headers are its own directory; it sees those of its USES (and what they use) and nothing else, so an
# include against the dependency rules does not compile; within one directory, and for packages, includes.cmake says so.
# LINK names third-party libraries, seen by this module's sources and, since headers may name their types, by its users.
# PRIVATE_LINK is seen by its own sources only.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

add_library(openes_flags INTERFACE)
target_compile_definitions(openes_flags INTERFACE _GNU_SOURCE OPENES_VERSION="${PROJECT_VERSION}")
target_compile_options(openes_flags INTERFACE
	-Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
	-Wundef -Wformat=2 -Wvla -Wwrite-strings -Wswitch-enum -Wnull-dereference -Wdouble-promotion
	-Wimplicit-fallthrough -Wpointer-arith -fno-common
	# protobuf-c's INIT macros cast const away; only gcc passes over macros of system headers.
	$<$<C_COMPILER_ID:GNU>:-Wcast-qual -Wlogical-op -Wduplicated-cond -Wduplicated-branches>
	# A log event may have no fields, which GNU's ", ##__VA_ARGS__" allows and gcc's -Wpedantic cannot be told.
	$<$<C_COMPILER_ID:Clang>:-Wpedantic -Wno-gnu-zero-variadic-macro-arguments -Wno-string-concatenation>
	$<$<CONFIG:Release>:-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong>)
target_link_options(openes_flags INTERFACE $<$<CONFIG:Release>:-pie -Wl,-z,relro,-z,now>)
if(OPENES_SANITIZE)
	target_compile_options(openes_flags INTERFACE -fsanitize=${OPENES_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(openes_flags INTERFACE -fsanitize=${OPENES_SANITIZE})
endif()
if(OPENES_COVERAGE)
	target_compile_options(openes_flags INTERFACE --coverage)
	target_link_options(openes_flags INTERFACE --coverage)
endif()
if(OPENES_FUZZ)
	target_compile_options(openes_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(es_module name)
	cmake_parse_arguments(M "" "" "SOURCES;USES;LINK;PRIVATE_LINK;TESTS;FUZZ;SQL;HTML" ${ARGN})
	es_check_uses(${name} ${M_USES})
	add_library(${name} STATIC ${M_SOURCES})
	target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
	target_link_libraries(${name} PUBLIC ${M_USES} ${M_LINK} Threads::Threads PRIVATE openes_flags ${M_PRIVATE_LINK})
	es_check_includes(${name})
	if(M_SQL)
		es_embed(${name} sql ${M_SQL})
	endif()
	if(M_HTML)
		es_embed(${name} html ${M_HTML})
	endif()
	foreach(source ${M_TESTS})
		get_filename_component(test ${source} NAME_WE)
		add_executable(${test} ${source})
		target_link_libraries(${test} PRIVATE ${name} openes_flags cmocka)
		target_compile_definitions(${test} PRIVATE TEST_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
		add_test(NAME ${test} COMMAND ${test})
		set_tests_properties(${test} PROPERTIES TIMEOUT 120)
	endforeach()
	foreach(source ${M_FUZZ})
		es_fuzz(${source} ${name})
	endforeach()
endfunction()

# A module uses what was declared before it, so never what uses it; and of other folders only lib/ and proto/, so that
# services meet in messages alone.
function(es_check_uses name)
	foreach(used ${ARGN})
		if(NOT TARGET ${used})
			message(FATAL_ERROR "${name} uses ${used}, which is above it (ARCHITECTURE.md has the order)")
		endif()
		get_target_property(folder ${used} SOURCE_DIR)
		if(NOT folder STREQUAL CMAKE_CURRENT_SOURCE_DIR AND NOT folder MATCHES "/(lib/[a-z0-9]+|proto)$")
			message(FATAL_ERROR "${name} uses ${used}, which belongs to another program")
		endif()
	endforeach()
endfunction()

# What the include path cannot forbid is read from the sources as part of the build; uses es_module()'s variables.
macro(es_check_includes name)
	set(own ${M_SOURCES})
	set(packages ${M_LINK})
	foreach(used ${M_USES})
		get_property(more GLOBAL PROPERTY ES_SOURCES_${CMAKE_CURRENT_SOURCE_DIR}_${used})
		list(APPEND own ${more})
		get_property(more GLOBAL PROPERTY ES_PACKAGES_${used})
		list(APPEND packages ${more})
	endforeach()
	list(REMOVE_DUPLICATES packages)
	set_property(GLOBAL PROPERTY ES_SOURCES_${CMAKE_CURRENT_SOURCE_DIR}_${name} ${own})
	set_property(GLOBAL PROPERTY ES_PACKAGES_${name} ${packages})
	list(TRANSFORM own REPLACE "\\.c$" "")
	file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
	add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.includes
		COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DDIR=${CMAKE_CURRENT_SOURCE_DIR} "-DSOURCES=${M_SOURCES}" "-DOWN=${own}"
			"-DPACKAGES=${packages};${M_PRIVATE_LINK}" -DSTAMP=${CMAKE_CURRENT_BINARY_DIR}/${name}.includes
			-P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/includes.cmake
		DEPENDS ${M_SOURCES} ${headers} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/includes.cmake
		COMMENT "Include rules of ${name}" VERBATIM)
	target_sources(${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${name}.includes)
endmacro()

# A fuzz target next to its decoder. Without OPENES_FUZZ it is built with a small main, so that its corpus
# (tests/fuzz/<name>/) runs as an ordinary test.
function(es_fuzz source)
	get_filename_component(target ${source} NAME_WE)
	add_executable(${target} ${source})
	target_link_libraries(${target} PRIVATE ${ARGN} openes_flags)
	# libFuzzer's entry point has no header.
	set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -Wno-missing-prototypes)
	if(OPENES_FUZZ)
		target_link_options(${target} PRIVATE -fsanitize=fuzzer)
	else()
		target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus_main.c)
		add_test(NAME ${target} COMMAND ${target} ${PROJECT_SOURCE_DIR}/tests/fuzz/${target})
		set_tests_properties(${target} PROPERTIES TIMEOUT 60)
	endif()
	set_property(GLOBAL APPEND PROPERTY OPENES_FUZZ_TARGETS ${target})
endfunction()

# What is installed, without the tests: for those who only want to run it.
add_custom_target(programs)

# A program: main.c and nothing else, so that everything can also be linked into a test.
function(es_program name)
	cmake_parse_arguments(P "" "" "SOURCES;USES" ${ARGN})
	add_executable(${name} ${P_SOURCES})
	target_link_libraries(${name} PRIVATE ${P_USES} openes_flags)
	install(TARGETS ${name} RUNTIME DESTINATION bin)
	add_dependencies(programs ${name})
endfunction()

# Migrations (.sql) and pages (.html) are embedded as strings: <stem>_sql.h holds `static const char <stem>_sql[]`.
function(es_embed name kind)
	foreach(file ${ARGN})
		get_filename_component(stem ${file} NAME_WE)
		set(out ${CMAKE_CURRENT_BINARY_DIR}/${kind}/${stem}_${kind}.h)
		add_custom_command(OUTPUT ${out}
			COMMAND ${CMAKE_COMMAND} -DIN=${CMAKE_CURRENT_SOURCE_DIR}/${file} -DOUT=${out} -DSYMBOL=${stem}_${kind} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
			DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
		target_sources(${name} PRIVATE ${out})
	endforeach()
	target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${kind})
endfunction()
