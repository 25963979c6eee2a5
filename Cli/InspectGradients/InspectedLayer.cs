using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Cli.InspectGradients;

/// <summary>What was seen of one weight's gradients.</summary>
/// <param name="Kind">A place in <see cref="LayerNames.Kinds"/>.</param>
/// <param name="Layer">The block, from 0.</param>
/// <param name="Name">The canonical name of the weight.</param>
/// <param name="Shape">[D_out, D_in].</param>
/// <param name="Statistics">By space.</param>
internal sealed record InspectedLayer(
    int Kind, int Layer, string Name, Shape Shape, IReadOnlyDictionary<GradientSpace, SpaceStatistics> Statistics);
