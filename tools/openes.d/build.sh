# build.sh -- configures and builds one preset.

build_preset() { # preset [target...]
	local preset=$1
	shift
	cd "$ROOT"
	cmake --preset "$preset" >/dev/null || cmake --preset "$preset"
	cmake --build --preset "$preset" ${@:+--target "$@"}
}
