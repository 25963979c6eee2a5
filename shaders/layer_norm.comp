#version 450
// z = residual + dropout(x); normalized = (z - mean) / deviation; y = normalized gain + bias. Ba et al., arXiv:1607.06450.
#include "rows.glsl"
#include "philox.glsl"
layout(constant_id = 2) const bool HAS_RESIDUAL = true;
layout(constant_id = 3) const bool HAS_DROPOUT = true;
OUTPUT(0, normalized) // may be x itself
INPUT(1, x)
INPUT(2, residual)
INPUT(3, gain)
INPUT(4, bias)
OUTPUT(5, y)
layout(set = 0, binding = 6, std430) writeonly buffer Deviations { float inverse_deviation[]; };
LOADER(x)
LOADER(residual)
LOADER(gain)
LOADER(bias)
STORER(normalized)
STORER(y)
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
    float epsilon;
    Dropout dropout;
};

// Computed in each pass: that is cheaper than to write and read it again. A quad of x is last read where it is overwritten.
vec4 load_z(uint row, uint quad, uint quads) {
    vec4 z = load_x(row, quad, columns);
    if (HAS_DROPOUT) {
        if (ALIGNED) {
            z *= dropout_factors(dropout, row * quads + quad, 0);
        } else {
            [[unroll]] for (uint i = 0; i < 4; i++) {
                uint element = row * columns + quad * 4 + i;
                z[i] *= dropout_factors(dropout, element / 4, 0)[element % 4];
            }
        }
    }
    return HAS_RESIDUAL ? z + load_residual(row, quad, columns) : z;
}

void main() {
    uint row = group_index();
    if (row >= rows) {
        return;
    }
    uint quads = (columns + 3) / 4;
    float inverse_count = 1.0 / float(columns);

    float sum = 0.0;
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        sum += sum4(load_z(row, quad, quads) * present(quad, columns));
    }
    float mean = subgroupAdd(sum) * inverse_count;

    float squares = 0.0;
    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 centred = (load_z(row, quad, quads) - mean) * present(quad, columns);
        squares += dot(centred, centred);
    }
    float inverse = inversesqrt(subgroupAdd(squares) * inverse_count + epsilon);

    for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += gl_WorkGroupSize.x) {
        vec4 value = (load_z(row, quad, quads) - mean) * inverse;
        store_normalized(row, quad, columns, value);
        store_y(row, quad, columns, value * load_gain(0, quad, columns) + load_bias(0, quad, columns));
    }
    if (gl_LocalInvocationID.x == 0) {
        inverse_deviation[row] = inverse;
    }
}
