using VkSparseGrad.Kernels;

namespace VkSparseGrad.Conformance;

/// <summary>One op at one shape: what two implementations of the kernels must agree on.</summary>
/// <param name="Op">The method of the contract.</param>
/// <param name="Parameters">Shapes and switches, printable; with the op the case's name and filter.</param>
/// <param name="Body">Makes inputs, runs the op and names its outputs.</param>
internal sealed record KernelCase(string Op, string Parameters, Action<CaseRun> Body)
{
    public string Name => $"{Op} {Parameters}";

    /// <summary>Runs the case; the inputs depend on nothing but its name.</summary>
    public IReadOnlyList<CaseOutput> Run(IKernels kernels)
    {
        using var run = new CaseRun(kernels, new RandomValues(Seed(Name)));
        Body(run);
        return run.Outputs;
    }

    /// <summary>FNV-1a: string.GetHashCode differs from process to process.</summary>
    private static ulong Seed(string name)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (char letter in name)
        {
            hash = unchecked((hash ^ letter) * 0x100000001b3);
        }

        return hash;
    }
}
