namespace VkSparseGrad.Tensors;

/// <summary>Element type of a <see cref="Tensor"/>.</summary>
public enum DType
{
    /// <summary>32-bit float. The CPU reference keeps such values as doubles.</summary>
    Float32,

    /// <summary>32-bit unsigned integer: token ids, row numbers, coefficient positions.</summary>
    UInt32,
}
