// The sum over a workgroup of 64, the same in every invocation and in fixed order.
shared float reduce_parts[64];

float workgroup_sum(float x) {
    uint i = gl_LocalInvocationID.x;
    barrier(); // an earlier sum may still be read
    reduce_parts[i] = x;
    barrier();
    for (uint half_size = 32; half_size > 0; half_size /= 2) {
        if (i < half_size) {
            reduce_parts[i] += reduce_parts[i + half_size];
        }
        barrier();
    }
    return reduce_parts[0];
}
