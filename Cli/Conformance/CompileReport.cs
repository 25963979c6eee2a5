using VkSparseGrad.Conformance.Pipelines;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>Every pipeline that the kernels can ask a device for, compiled by its driver.</summary>
/// <param name="Device">The device.</param>
/// <param name="Pipelines">The pipelines.</param>
internal sealed record CompileReport(DeviceInfo Device, IReadOnlyList<CompiledPipeline> Pipelines)
{
    /// <summary>The driver's statistics that a table shows, where there are such, and whether less is worse.</summary>
    public static IReadOnlyList<(string Name, string Title, bool LessIsWorse)> Shown { get; } =
    [
        ("VGPRs", "VGPRs", false), ("LDS size", "LDS bytes", false), ("Subgroups per SIMD", "Subgroups per SIMD", true),
        ("Instruction Count", "Instructions", false), ("Workgroup Memory Size", "Shared bytes", false),
    ];

    public bool Holds => Pipelines.Count > 0 && Pipelines.All(pipeline => pipeline.Fault is null);

    /// <summary>Pipelines of one shader and width, in order.</summary>
    public IEnumerable<IGrouping<(string Shader, int Width), CompiledPipeline>> ByShader =>
        Pipelines.GroupBy(pipeline => (pipeline.Request.Shader, pipeline.Request.SubgroupSize));

    /// <summary>Such as <c>250 pipelines, 0 at fault</c>.</summary>
    public string Summary => $"{Pipelines.Count} pipelines, {Pipelines.Count(pipeline => pipeline.Fault is not null)} at fault";

    /// <summary>Compiles for every width of 4 to 64 that the device has.</summary>
    /// <param name="target">The device whose driver compiles. It may be one without memory, which can do nothing else.</param>
    public static CompileReport Of(VulkanDevice target)
    {
        using VulkanDevice? other = target.Info.DeviceLocalBytes > 0 ? null : OpenWithMemory(target.Facts.TexelLoads);
        MatmulKernel matmul = target.Info.Kind == DeviceKind.Cpu && target.Facts.SubgroupOperations ? MatmulKernel.Subgroup : MatmulKernel.Tile;
        var compiled = new List<CompiledPipeline>();
        foreach (int width in Widths(target.Facts))
        {
            compiled.AddRange(PipelineRequests.Collect(other ?? target, width, matmul).Select(
                request => CompiledPipeline.Of(target, request)));
        }

        return new CompileReport(target.Info, compiled);
    }

    /// <summary>The worst of a statistic over some pipelines, or null where the driver does not tell it.</summary>
    public static double? Worst(IEnumerable<CompiledPipeline> pipelines, string name, bool lessIsWorse)
    {
        double[] values = [.. pipelines.Where(pipeline => pipeline.Statistics.ContainsKey(name)).Select(pipeline => pipeline.Statistics[name])];
        return values.Length == 0 ? null : lessIsWorse ? values.Min() : values.Max();
    }

    private static VulkanDevice OpenWithMemory(bool texelLoads)
    {
        DeviceInfo? device = VulkanDevice.List().FirstOrDefault(device => device.DeviceLocalBytes > 0 && device.Unsuitable is null);
        return device is null
            ? throw new DeviceException("Compiling for a device without memory takes another device beside it, such as Mesa's lavapipe.")
            : VulkanDevice.Open(new DeviceOptions { Selector = $"{device.Index}", TexelLoads = texelLoads });
    }

    private static IEnumerable<int> Widths(PhysicalDeviceFacts facts)
    {
        for (int width = 4; width <= 64; width *= 2)
        {
            if (width >= facts.MinSubgroupSize && width <= facts.MaxSubgroupSize)
                yield return width;
        }
    }
}
