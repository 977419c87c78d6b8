# Turns a text file into a C header with one string constant.
file(READ ${IN} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\t\"" text "${text}")
file(WRITE ${OUT} "static const char ${SYMBOL}[] =\n\t\"${text}\";\n")
