/* es_bus_device.h -- a device's request as it travels between the services: what more than one of them reads in it. */
#ifndef ES_BUS_DEVICE_H
#define ES_BUS_DEVICE_H

#include "device.pb-c.h"
#include "es_slice.h"

/* The first parameter of that name, whatever its case (TS.43 1.7); empty: there is none. */
static inline struct es_slice es_device_param(const Openes__DeviceRequest *device, const char *name)
{
	for (size_t i = 0; i < device->n_params; i++)
		if (es_slice_eq_nocase(es_slice_str(device->params[i]->name), es_slice_str(name)))
			return es_slice_str(device->params[i]->value);
	return (struct es_slice){ NULL, 0 };
}

#endif
