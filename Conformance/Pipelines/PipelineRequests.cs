using VkSparseGrad.Conformance.Cases;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Conformance.Pipelines;

/// <summary>Finds every pipeline that the cases' kernels ask a device for, without that device.</summary>
internal static class PipelineRequests
{
    /// <summary>Walks through all cases.</summary>
    /// <param name="device">A device that holds the tensors; it computes nothing.</param>
    /// <param name="lanes">The width of a subgroup on the device that is meant.</param>
    /// <param name="matmul">The matmul kernel it uses.</param>
    /// <returns>The pipelines, each once, in order of name.</returns>
    public static IReadOnlyList<PipelineRequest> Collect(VulkanDevice device, int lanes, MatmulKernel matmul)
    {
        var found = new SortedDictionary<string, PipelineRequest>(StringComparer.Ordinal);
        using var kernels = new VulkanKernels(device, lanes, matmul, request => found[request.Name] = request);

        // The training steps ask for nothing that the ops' own cases do not, and cannot go on without results.
        foreach (KernelCase item in KernelCases.ByName.Values.Where(item => item.Op != KernelCases.StepsOp))
        {
            item.Run(kernels);
        }

        return [.. found.Values];
    }
}
