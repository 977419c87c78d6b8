# protobuf-c code, generated into the build folder: quiet, and not ours to format.
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
find_program(PROTOC_C NAMES protoc-c REQUIRED)

function(es_proto name)
	set(sources)
	foreach(file ${ARGN})
		get_filename_component(stem ${file} NAME_WE)
		set(c ${CMAKE_CURRENT_BINARY_DIR}/${stem}.pb-c.c)
		set(h ${CMAKE_CURRENT_BINARY_DIR}/${stem}.pb-c.h)
		add_custom_command(OUTPUT ${c} ${h}
			COMMAND ${PROTOC_C} --proto_path=${CMAKE_CURRENT_SOURCE_DIR} --c_out=${CMAKE_CURRENT_BINARY_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${file}
			DEPENDS ${ARGN})
		list(APPEND sources ${c} ${h})
	endforeach()
	add_library(${name} STATIC ${sources})
	target_include_directories(${name} SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
	target_compile_options(${name} PRIVATE -w)
	target_link_libraries(${name} PUBLIC PkgConfig::PROTOBUF_C)
	set_property(GLOBAL PROPERTY ES_PACKAGES_${name} PkgConfig::PROTOBUF_C)
endfunction()
