# keys.sh -- keys and certificates of one installation, made once and never overwritten.

hex_key() { openssl rand -hex 32; }

make_secret() { # file content-command...
	local file=$1
	shift
	[ -s "$file" ] && return 0
	(umask 077 && "$@" >"$file.new" && mv "$file.new" "$file")
}

ring_line() { printf '1 %s\n' "$(hex_key)"; }
ticket_line() { openssl rand -hex 64; }

make_certificates() { # directory
	local dir=$1
	[ -s "$dir/server.crt" ] && return 0
	(
		umask 077
		cd "$dir"
		openssl ecparam -name prime256v1 -genkey -noout -out ca.key
		openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=openes local CA" -out ca.crt \
			-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
		openssl ecparam -name prime256v1 -genkey -noout -out server.key
		openssl req -new -key server.key -subj "/CN=localhost" -out server.csr
		openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 825 -out server.crt.new -extfile \
			<(printf 'subjectAltName=DNS:localhost,DNS:aes.mnc001.mcc001.pub.3gppnetwork.org,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth\n')
		rm -f server.csr
		mv server.crt.new server.crt
	) 2>/dev/null
	chmod 644 "$dir/ca.crt" "$dir/server.crt"
}

make_keys() { # directory
	local dir=$1
	mkdir -p "$dir"
	chmod 700 "$dir"
	make_secret "$dir/bus.key" hex_key
	make_secret "$dir/pseudonym.key" hex_key
	make_secret "$dir/session.keys" ring_line
	make_secret "$dir/token.keys" ring_line
	make_secret "$dir/auc.keys" ring_line
	make_secret "$dir/push.keys" ring_line
	make_secret "$dir/profile.keys" ring_line
	make_secret "$dir/transport.key" hex_key
	make_secret "$dir/ticket.key" ticket_line
	make_secret "$dir/admin.token" hex_key
	make_certificates "$dir"
}
