namespace VkSparseGrad.Files;

/// <summary>Writes files so that a reader sees the old content or the new, never half of it.</summary>
internal static class AtomicFile
{
    /// <summary>Writes aside in the same folder, flushes to disk, then renames over <paramref name="path"/>.</summary>
    /// <remarks>If anything fails the file at <paramref name="path"/> stays as it was and nothing is left behind.</remarks>
    public static void Write(string path, Action<FileStream> write)
    {
        string full = Path.GetFullPath(path);
        string aside = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(aside, full, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }
}
