/* auth_bus_equipment.h -- AUTH_EQUIPMENT: policy asks what an EIR knows of a device, over S13. */
#ifndef AUTH_BUS_EQUIPMENT_H
#define AUTH_BUS_EQUIPMENT_H

#include "es_bus.h"

es_bus_handler auth_on_equipment;

#endif
