// Included behind the kernel's layout, before which a workgroup would silently have one invocation.
// The sum over a workgroup, a power of two of invocations, the same in every invocation and in fixed order.
shared float reduce_parts[gl_WorkGroupSize.x];

float workgroup_sum(float x) {
    uint i = gl_LocalInvocationID.x;
    barrier(); // an earlier sum may still be read
    reduce_parts[i] = x;
    barrier();
    for (uint half_size = gl_WorkGroupSize.x / 2; half_size > 0; half_size /= 2) {
        if (i < half_size) {
            reduce_parts[i] += reduce_parts[i + half_size];
        }
        barrier();
    }
    return reduce_parts[0];
}
