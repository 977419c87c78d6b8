# image.sh -- the steps of the container build (deploy/docker/Dockerfile), which test --long runs in a debootstrap folder.

cmd_image() {
	case ${1:-} in
	packages) # group
		local list
		mapfile -t list < <(missing_packages "$2")
		[ ${#list[@]} -eq 0 ] || install_packages "${list[@]}"
		;;
	build) # prefix
		build_preset release programs
		cmake --install "$ROOT/build/release" --prefix "$2" --strip
		;;
	*) die "image: packages GROUP or build PREFIX" ;;
	esac
}
