/* What a sheet tells the phone that shows it: one call of the object that the phone has put into the page (TS.43 3.4, 9.6,
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
	if (form)
		form.addEventListener('submit', function (event) {
			if (sent)
				event.preventDefault();
			sent = true;
			form.setAttribute('aria-busy', 'true');
		});
	window.addEventListener('pageshow', function (event) {
		if (event.persisted && form) {
			sent = false;
			form.removeAttribute('aria-busy');
		}
	});
	if (page.atOnce)
		end();
}());
