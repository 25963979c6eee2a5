// Elementwise kernels: one invocation computes four neighbours (a quad). The last quad may be cut short.
#include "common.glsl"

layout(local_size_x = 64) in;

// Declares a buffer of floats, readable as `name` (floats) and `name4` (quads).
#define BUFFER(slot, access, name) \
    layout(set = 0, binding = slot, std430) access buffer name##_floats { float name[]; }; \
    layout(set = 0, binding = slot, std430) access buffer name##_quads { vec4 name##4[]; };

// Defines vec4 load_name(quad, n), with zeros beyond element n.
#define LOADER(name) \
    vec4 load_##name(uint quad, uint n) { \
        uint at = quad * 4; \
        vec4 value = vec4(0); \
        if (at + 3 < n) { \
            value = name##4[quad]; \
        } else { \
            if (at < n) { value.x = name[at]; } \
            if (at + 1 < n) { value.y = name[at + 1]; } \
            if (at + 2 < n) { value.z = name[at + 2]; } \
        } \
        return value; \
    }

// Defines store_name(quad, n, value), which writes nothing beyond element n.
#define STORER(name) \
    void store_##name(uint quad, uint n, vec4 value) { \
        uint at = quad * 4; \
        if (at + 3 < n) { \
            name##4[quad] = value; \
        } else { \
            if (at < n) { name[at] = value.x; } \
            if (at + 1 < n) { name[at + 1] = value.y; } \
            if (at + 2 < n) { name[at + 2] = value.z; } \
        } \
    }
