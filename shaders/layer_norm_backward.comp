#version 450
// With g = dy gain: dz = (g - mean(g) - normalized mean(g normalized)) / deviation; the residual gets dz, x gets dz masked.
#include "rows.glsl"
#include "philox.glsl"
layout(constant_id = 2) const bool HAS_DROPOUT = true;
OUTPUT(0, dz) // may be dy itself: every lane reads a quad before it writes it
INPUT(1, dy)
INPUT(2, normalized)
INPUT(3, gain)
OUTPUT(4, dx)
layout(set = 0, binding = 5, std430) readonly buffer Deviations { float inverse_deviation[]; };
LOADER(dy)
LOADER(normalized)
LOADER(gain)
STORER(dz)
STORER(dx)
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
    Dropout dropout;
};

void main() {
    uint row = group_index();
    if (row >= rows) {
        return;
    }
    uint quads = (columns + 3) / 4;
    float inverse_count = 1.0 / float(columns);
    float sum = 0.0;
    float projected = 0.0;
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 g = load_dy(row, quad, columns) * load_gain(0, quad, columns);
        sum += sum4(g);
        projected += dot(g, load_normalized(row, quad, columns));
    }
    float mean = subgroupAdd(sum) * inverse_count;
    float slope = subgroupAdd(projected) * inverse_count;
    float inverse = inverse_deviation[row];
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 g = load_dy(row, quad, columns) * load_gain(0, quad, columns);
        vec4 value = (g - mean - load_normalized(row, quad, columns) * slope) * inverse;
        store_dz(row, quad, columns, value);
        if (HAS_DROPOUT) {
            if (ALIGNED) {
                value *= dropout_factors(dropout, row * quads + quad, 0);
            } else {
                [[unroll]] for (uint i = 0; i < 4; i++) {
                    uint element = row * columns + quad * 4 + i;
                    value[i] *= dropout_factors(dropout, element / 4, 0)[element % 4];
                }
            }
            store_dx(row, quad, columns, value);
        }
    }
}
