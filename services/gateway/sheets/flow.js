/* What a sheet tells the phone that shows it: one call of the object that the phone has put into the page (TS.43 3.4, 6.7, 9.6,
 * 11.6, 15.4). Without one everything works all the same, and the last page says that it may be closed. */
(function () {
	'use strict';
	var page = document.body.dataset, form = document.querySelector('form'), sent = false;

	function phone(method) {
		var target = page.object ? window[page.object] : null;
		return target && typeof target[method] === 'function' ? target : null;
	}

	function call(method, list) {
		var target = phone(method);
		if (target)
			target[method].apply(target, list);
		return target !== null;
	}

	function end() {
		return call(page.call, JSON.parse(page.arguments));
	}

	document.querySelectorAll('[data-leave]').forEach(function (button) {
		button.addEventListener('click', function (event) {
			if (call('dismissFlow', []))
				event.preventDefault();
		});
	});
	document.querySelectorAll('[data-close]').forEach(function (button) {
		button.hidden = !phone(page.call);
		button.addEventListener('click', end);
	});
	document.querySelectorAll('[data-method]').forEach(function (button) {
		var methods = button.dataset.method.split(' ');
		button.hidden = !phone(methods[0]);
		button.addEventListener('click', function () {
			methods.forEach(function (method, i) {
				call(method, i ? [] : JSON.parse(button.dataset.list));
			});
		});
	});
	if (form)
		form.addEventListener('submit', function (event) {
			if (sent)
				event.preventDefault();
			sent = true;
			form.setAttribute('aria-busy', 'true');
		});
	/* A picture that is larger than what may be sent is made smaller, step by step, before anybody presses a button. */
	function shrink(input, room) {
		var file = input.files[0], step = 0;
		if (!file || file.size <= room || !window.createImageBitmap || !window.DataTransfer)
			return;
		form.setAttribute('aria-busy', 'true');
		sent = true;
		function done() {
			sent = false;
			form.removeAttribute('aria-busy');
		}
		createImageBitmap(file).then(function next(picture) {
			var scale = Math.min(1, 1800 * Math.pow(0.85, step) / Math.max(picture.width, picture.height));
			var canvas = document.createElement('canvas');
			canvas.width = Math.round(picture.width * scale);
			canvas.height = Math.round(picture.height * scale);
			canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
			canvas.toBlob(function (blob) {
				var list = new DataTransfer();
				if (blob && blob.size > room && step++ < 12)
					return next(picture);
				if (blob) {
					list.items.add(new File([blob], 'document.jpg', { type: 'image/jpeg' }));
					input.files = list.files;
				}
				done();
			}, 'image/jpeg', 0.8);
		}).catch(done);
	}
	document.querySelectorAll('input[type=file]').forEach(function (input) {
		input.addEventListener('change', function () {
			shrink(input, Number(input.dataset.bytes) - 12288); /* what else the form holds */
		});
	});
	window.addEventListener('pageshow', function (event) {
		if (event.persisted && form) {
			sent = false;
			form.removeAttribute('aria-busy');
		}
	});
	if (page.atOnce)
		end();
	/* Somebody else is at work: the page looks again, as its first button does. */
	if (page.again && form)
		setTimeout(function () {
			if (!sent)
				form.querySelector('button').click();
		}, Number(page.again) * 1000);
}());
