// Compiled by MSBuild (RoslynCodeTaskFactory), so in C# 7.3 and without the repository's settings.
using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies an ELF library, and lets the copy do without a version of another library that it needs for one symbol only, which it never
/// calls: with the flag VER_FLG_WEAK the dynamic linker goes on where that version is absent. (Linux Standard Base Core, 10.7 Symbol
/// Versioning; System V ABI, chapter 4.) A file that does not need the version is copied as it is, and so, with a warning, is one that
/// needs it for anything else or is not understood.
/// </summary>
public sealed class CopyWithWeakVersionNeed : Task
{
    private const int SectionIsDynamicSymbols = 11; // SHT_DYNSYM
    private const int SectionIsVersionNeeds = 0x6FFFFFFE; // SHT_GNU_verneed
    private const int SectionIsSymbolVersions = 0x6FFFFFFF; // SHT_GNU_versym
    private const int SectionHeaderSize = 64; // sizeof(Elf64_Shdr)
    private const int DynamicSymbolSize = 24; // sizeof(Elf64_Sym)
    private const int HiddenVersion = 0x8000;
    private const int Weak = 2; // VER_FLG_WEAK

    private byte[] _elf;

    /// <summary>Path of the library.</summary>
    [Required]
    public string Source { get; set; }

    /// <summary>Path of the copy.</summary>
    [Required]
    public string Destination { get; set; }

    /// <summary>The version to do without, such as GLIBCXX_3.4.32.</summary>
    [Required]
    public string Version { get; set; }

    /// <summary>The one symbol of that version that the library names and never calls.</summary>
    [Required]
    public string UnusedSymbol { get; set; }

    public override bool Execute()
    {
        try
        {
            _elf = File.ReadAllBytes(Source);
            try
            {
                MakeVersionNeedWeak();
            }
            catch (Exception e) when (e is InvalidDataException || e is IndexOutOfRangeException || e is ArgumentException
                || e is OverflowException)
            {
                Log.LogWarning(
                    null, "CONFORMER001", null, Source, 0, 0, 0, 0,
                    "The library is copied as it is, since it {0}. On a Linux system whose libstdc++ lacks {1} TorchSharp may not load. " +
                    "Set ConformerKeepLibTorchSharp=true to use TorchSharp's own file without this warning.",
                    e is InvalidDataException ? e.Message : "is not laid out like a 64-bit ELF library", Version);
            }
            WriteCopy();
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException)
        {
            Log.LogError("{0} could not be copied to {1}: {2}", Source, Destination, e.Message);
        }
        return !Log.HasLoggedErrors;
    }

    /// <summary>Under another name first, so that an interrupted build leaves no half of a file that looks up to date.</summary>
    private void WriteCopy()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        string unfinished = Destination + "." + Guid.NewGuid().ToString("N");
        try
        {
            File.WriteAllBytes(unfinished, _elf);
            File.Delete(Destination);
            File.Move(unfinished, Destination);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private void MakeVersionNeedWeak()
    {
        // e_ident: the magic number, 64 bits, little-endian.
        if (!(_elf[0] == 0x7F && _elf[1] == 'E' && _elf[2] == 'L' && _elf[3] == 'F' && _elf[4] == 2 && _elf[5] == 1))
            throw new InvalidDataException("is no 64-bit little-endian ELF file");
        if (UInt16(58) != SectionHeaderSize || UInt16(60) == 0) // e_shentsize, e_shnum
            throw new InvalidDataException("has no section headers");
        int needs = FindSection(SectionIsVersionNeeds);
        if (needs < 0)
            return;
        int aux = FindVersionNeed(needs);
        if (aux < 0)
            return;

        // Elf64_Vernaux: hash, flags, other (the version's number), name, next.
        int number = UInt16(aux + 6);
        int versions = Section(SectionIsSymbolVersions);
        int symbols = Section(SectionIsDynamicSymbols);
        int names = StringsOf(symbols);
        int count = Size(versions) / 2;
        for (int i = 0; i < count; i++)
        {
            if ((UInt16(Offset(versions) + 2 * i) & ~HiddenVersion) != number)
                continue;
            string name = Text(names, Int32(Offset(symbols) + DynamicSymbolSize * i));
            if (name != UnusedSymbol)
                throw new InvalidDataException("needs " + Version + " for " + name);
        }
        _elf[aux + 4] |= Weak;
    }

    /// <summary>Offset of the entry (Elf64_Vernaux) that asks for the version, or -1.</summary>
    private int FindVersionNeed(int section)
    {
        int names = StringsOf(section);
        int need = Offset(section);
        for (int needs = Int32(section + 44); needs > 0; needs--) // sh_info
        {
            // Elf64_Verneed: version, cnt, file, aux, next.
            int aux = checked(need + Int32(need + 8));
            for (int entries = UInt16(need + 2); entries > 0; entries--)
            {
                if (Text(names, Int32(aux + 8)) == Version)
                    return aux;
                aux = Next(aux, Int32(aux + 12));
            }
            if (Int32(need + 12) == 0)
                return -1;
            need = Next(need, Int32(need + 12));
        }
        return -1;
    }

    /// <summary>An entry's place. They follow one another, so that a search ends.</summary>
    private static int Next(int entry, int distance)
    {
        return distance < 0 ? throw new InvalidDataException("has version needs out of order") : checked(entry + distance);
    }

    /// <summary>Offset of the header (Elf64_Shdr) of the first section of a type, or -1.</summary>
    private int FindSection(int type)
    {
        int count = UInt16(60); // e_shnum
        for (int i = 0; i < count; i++)
        {
            if (Int32(SectionAt(i) + 4) == type)
                return SectionAt(i);
        }
        return -1;
    }

    private int Section(int type)
    {
        int section = FindSection(type);
        return section < 0 ? throw new InvalidDataException("has no section of type 0x" + type.ToString("x")) : section;
    }

    private int SectionAt(int index)
    {
        return checked(Int64(40) + SectionHeaderSize * index); // e_shoff
    }

    /// <summary>Offset of the strings that a section's names are in (sh_link).</summary>
    private int StringsOf(int section)
    {
        return Offset(SectionAt(Int32(section + 40)));
    }

    private int Offset(int section)
    {
        return Int64(section + 24); // sh_offset
    }

    private int Size(int section)
    {
        return Int64(section + 32); // sh_size
    }

    private string Text(int strings, int offset)
    {
        int start = checked(strings + offset);
        return Encoding.ASCII.GetString(_elf, start, Array.IndexOf(_elf, (byte)0, start) - start);
    }

    private int UInt16(int offset)
    {
        return _elf[offset] | _elf[checked(offset + 1)] << 8;
    }

    private int Int32(int offset)
    {
        return UInt16(offset) | UInt16(checked(offset + 2)) << 16;
    }

    /// <summary>A 64-bit number, which must fit 31 bits, as it stands for a place in the file.</summary>
    private int Int64(int offset)
    {
        int low = Int32(offset);
        return low < 0 || Int32(checked(offset + 4)) != 0 ? throw new InvalidDataException("names a place beyond its end") : low;
    }
}
