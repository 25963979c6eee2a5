using VkSparseGrad.Devices;

namespace VkSparseGrad.Conformance.Pipelines;

/// <summary>A pipeline as a driver's compiler left it.</summary>
/// <param name="Request">What it was made from.</param>
/// <param name="Statistics">What the compiler says of it, by the driver's names.</param>
/// <param name="Error">Why it did not compile, or null.</param>
internal sealed record CompiledPipeline(PipelineRequest Request, IReadOnlyDictionary<string, double> Statistics, string? Error)
{
    /// <summary>What no kernel may have: registers or arrays that went to memory. AMD's and Intel's names.</summary>
    private static readonly string[] Forbidden =
        ["Spilled SGPRs", "Spilled VGPRs", "Scratch size", "Spill Count", "Fill Count", "Scratch Memory Size"];

    /// <summary>What is wrong with it, or null.</summary>
    public string? Fault => Error ?? Forbidden
        .Where(name => Statistics.GetValueOrDefault(name) > 0)
        .Select(name => FormattableString.Invariant($"{name} is {Statistics[name]}")).FirstOrDefault();

    /// <summary>Compiles a pipeline.</summary>
    public static CompiledPipeline Of(VulkanDevice device, PipelineRequest request)
    {
        try
        {
            ComputePipeline pipeline = device.Pipelines.Get(
                request.Shader, request.Bindings, request.Texels, request.SubgroupSize, request.Constants);
            return new CompiledPipeline(request, device.Pipelines.Statistics(pipeline), null);
        }
        catch (DeviceException error)
        {
            return new CompiledPipeline(request, new Dictionary<string, double>(), error.Message);
        }
    }
}
