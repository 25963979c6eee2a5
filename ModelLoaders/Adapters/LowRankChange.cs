using VkSparseGrad.Kernels;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>LoRA's: s B A.</summary>
/// <param name="Module">The canonical name of the layer.</param>
/// <param name="Rank">r.</param>
/// <param name="Scale">s, which is alpha / r.</param>
internal sealed record LowRankChange(string Module, int Rank, double Scale) : WeightChange(Module + ".weight")
{
    public override IReadOnlyList<long>? StatedShape => null;

    public override IEnumerable<AdapterTensor> Tensors(IReadOnlyList<long> shape) =>
        [new(PeftNames.Down(Module), [Rank, shape[1]]), new(PeftNames.Up(Module), [shape[0], Rank])];

    public override void AddTo(AdapterReader reader, IReadOnlyList<long> shape, Span<float> weight)
    {
        IKernels kernels = reader.Kernels;
        (int outputs, int inputs) = ((int)shape[0], (int)shape[1]);
        using Tensor dense = kernels.FromArray(new Shape(outputs, inputs), weight);
        using Tensor down = kernels.FromArray(new Shape(Rank, inputs), reader.Floats(PeftNames.Down(Module)));
        using Tensor up = kernels.FromArray(new Shape(outputs, Rank), reader.Floats(PeftNames.Up(Module)));
        using Tensor scaled = kernels.Allocate(up.Shape, MemoryCategory.Scratch);
        kernels.Scale(up, (float)Scale, scaled);
        kernels.Matmul(scaled, false, down, false, null, dense, accumulate: true);
        kernels.Download(dense, weight);
    }
}
