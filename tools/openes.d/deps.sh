# deps.sh -- installs what is missing from Debian's packages, by group (deploy/packages.txt).

missing_packages() { # group...
	local group package command wanted=" $* "
	while read -r group package command; do
		[[ $wanted == *" $group "* ]] || continue
		if [ -n "$command" ] && command -v "$command" >/dev/null; then continue; fi
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q ' installed$' || printf '%s\n' "$package"
	done < <(grep -vE '^(#|$)' "$ROOT/deploy/packages.txt")
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "installing packages needs root: run once as root, or install: $*"
	fi
}

install_packages() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

need_packages() { # group...
	local missing
	command -v dpkg-query >/dev/null || die "this is not a Debian system; see docs/operations.md for the list of libraries"
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} -eq 0 ] && return 0
	step "installing ${#missing[@]} Debian packages" install_packages "${missing[@]}"
}

# What the tests run beside us and Debian does not have: exactly what package-lock.json names.
need_npm() { # folder
	[ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return 0
	step "installing npm packages for ${1#"$ROOT"/}" npm --prefix "$1" ci --no-audit --no-fund --ignore-scripts
}
