# cmake -DNAME= -DDIR= -DSOURCES= -DOWN= -DPACKAGES= -DSTAMP= -P includes.cmake -- whether a module includes only what it may.
#
# The include path keeps a module from the headers of other folders. It cannot keep it from two things: headers beside it
# that belong to another module of the same folder (a service's domain and its adapters), and packages, which all lie in
# /usr/include. So every source, and every header of the folder that it reaches, is read here before it is compiled.
#
#   OWN       stems of the folder's sources that the module or its USES have; x.h belongs to whoever has x.c
#   PACKAGES  what the module links, directly or through its USES

cmake_minimum_required(VERSION 3.25)

# Header, and the word by which PACKAGES names its package.
set(packages
	"nng/=nng" "sqlite3\\.h=SQLITE" "libpq-fe\\.h=LIBPQ" "microhttpd\\.h=MHD" "gnutls/=GNUTLS" "openssl/=OPENSSL"
	"cjson/=CJSON" "zlib\\.h=ZLIB" "protobuf-c/=PROTOBUF_C" "curl/=CURL" "ini\\.h=inih" "cjose/=cjose"
	"freeDiameter/=fdcore")

set(broken)
set(queue ${SOURCES})
set(seen)
while(queue)
	list(POP_FRONT queue file)
	if(file IN_LIST seen)
		continue()
	endif()
	list(APPEND seen ${file})
	file(STRINGS ${DIR}/${file} lines REGEX "^[ \t]*#[ \t]*include")
	foreach(line ${lines})
		if(line MATCHES "\"(.*)\"")
			set(header ${CMAKE_MATCH_1})
			if(header MATCHES "/")
				list(APPEND broken "${file} includes \"${header}\": a header is named without its folder")
			elseif(EXISTS ${DIR}/${header})
				string(REGEX REPLACE "\\.h$" "" stem ${header})
				if(EXISTS ${DIR}/${stem}.c AND NOT stem IN_LIST OWN)
					list(APPEND broken "${file} includes \"${header}\" of another module, which is not in its USES")
				else()
					list(APPEND queue ${header})
				endif()
			endif()
		elseif(line MATCHES "<(.*)>")
			set(header ${CMAKE_MATCH_1})
			foreach(pair ${packages})
				string(REGEX MATCH "^(.*)=(.*)$" _ ${pair})
				if(header MATCHES "^${CMAKE_MATCH_1}" AND NOT PACKAGES MATCHES "${CMAKE_MATCH_2}")
					list(APPEND broken "${file} includes <${header}>, and its module does not LINK that package")
				endif()
			endforeach()
		endif()
	endforeach()
endwhile()

if(broken)
	list(JOIN broken "\n  " text)
	message(FATAL_ERROR "${NAME} breaks the include rules (ARCHITECTURE.md):\n  ${text}")
endif()
file(TOUCH ${STAMP})
