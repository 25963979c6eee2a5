using System.Runtime.InteropServices;

namespace VkSparseGrad.Devices;

/// <summary>A C array of C strings for the length of a call.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly byte** pointers;

    public NativeStrings(IReadOnlyList<string> values)
    {
        Count = (uint)values.Count;
        pointers = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(1, values.Count), (nuint)sizeof(byte*));
        for (int i = 0; i < values.Count; i++)
        {
            pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
        }
    }

    public uint Count { get; }

    public byte** Pointers => pointers;

    public void Dispose()
    {
        for (uint i = 0; i < Count; i++)
        {
            Marshal.FreeCoTaskMem((nint)pointers[i]);
        }

        NativeMemory.Free(pointers);
    }
}
