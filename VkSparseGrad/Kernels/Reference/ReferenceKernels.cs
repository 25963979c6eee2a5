namespace VkSparseGrad.Kernels.Reference;

/// <summary>The kernel contract in plain C#, on the CPU: the judge of the other implementation.</summary>
/// <remarks>Everything is stored and computed in double precision, one thread, in the order of the formula. Memory is counted
/// as a device would need it, four bytes an element. Fresh float tensors hold NaN.</remarks>
public sealed partial class ReferenceKernels : IKernels
{
    private bool disposed;

    /// <inheritdoc/>
    public void Dispose() => disposed = true;
}
