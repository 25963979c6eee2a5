using VkSparseGrad.Cli.CommandLine;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>Optional features of a device that a run can do without, by their names on the command line.</summary>
internal static class DeviceFeatures
{
    private const string Operations = "subgroup-operations";
    private const string SizeControl = "subgroup-size-control";
    private const string LargeWorkgroups = "large-workgroups";
    private const string Texels = "texel-loads";
    private const string All = "all";

    public static IReadOnlyList<string> Names { get; } = [Operations, SizeControl, LargeWorkgroups, Texels];

    /// <summary>Reads a list of names; null is none.</summary>
    /// <exception cref="ArgumentException">There is no such feature.</exception>
    public static string[] Parse(string? list)
    {
        string[] names = list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (names.Contains(All))
            return [.. Names];
        string? unknown = names.FirstOrDefault(name => !Names.Contains(name));
        return unknown is null
            ? names
            : throw new ArgumentException(
                $"--disable '{unknown}' is not one of {string.Join(", ", Names)}, {All}{NearestName.Suggestion(unknown, Names)}");
    }

    /// <summary>The options without some features: Vulkan's smallest limits where the limits are meant.</summary>
    public static DeviceOptions Without(IReadOnlyList<string> disabled, DeviceOptions options)
    {
        bool small = disabled.Contains(LargeWorkgroups);
        return options with
        {
            SubgroupOperations = !disabled.Contains(Operations),
            SubgroupSizeControl = !disabled.Contains(SizeControl),
            TexelLoads = !disabled.Contains(Texels),
            MaxWorkgroupInvocations = small ? 128 : null,
            MaxSharedMemory = small ? 16384 : null,
        };
    }
}
