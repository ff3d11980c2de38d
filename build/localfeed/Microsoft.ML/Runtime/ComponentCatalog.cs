using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.ML.Model;

namespace Microsoft.ML.Runtime;

/// <summary>The loadable components of the assemblies that were registered with an environment.</summary>
public sealed class ComponentCatalog
{
    private readonly ConcurrentDictionary<Assembly, bool> _assemblies = [];
    private readonly ConcurrentDictionary<string, ModelLoaderAttribute> _loaders = [];
    private readonly ConcurrentDictionary<(Type Attribute, string ContractName), Type> _extensions = [];

    internal ComponentCatalog()
    {
    }

    /// <summary>Makes the assembly's custom-mapping factories and model loaders known.</summary>
    public void RegisterAssembly(Assembly assembly, bool throwOnError = true)
    {
        Contracts.CheckValue(assembly, nameof(assembly));
        if (!_assemblies.TryAdd(assembly, true))
            return;
        foreach (var loader in assembly.GetCustomAttributes<ModelLoaderAttribute>())
            _loaders[loader.Name] = loader;
        foreach (var type in LoadableTypes(assembly))
        {
            if (type.GetCustomAttribute<ExtensionBaseAttribute>() is { } extension && type is { IsClass: true, IsAbstract: false })
                RegisterExtension(extension, type, throwOnError);
        }
    }

    internal ModelLoaderAttribute GetLoaderOrNull(string name) => _loaders.GetValueOrDefault(name);

    /// <summary>An instance of the class that carries <paramref name="attributeType"/> with that contract name.</summary>
    internal object GetExtensionValue(IHostEnvironment env, Type attributeType, string contractName)
    {
        if (!_extensions.TryGetValue((attributeType, contractName), out var type))
        {
            throw env.Except(
                $"Unable to locate an extension for the contract '{contractName}'. Ensure you have called {nameof(ComponentCatalog)}." +
                $"{nameof(RegisterAssembly)} with the Assembly that contains a class decorated with a '{attributeType.FullName}'.");
        }
        return Activator.CreateInstance(type);
    }

    private void RegisterExtension(ExtensionBaseAttribute extension, Type type, bool throwOnError)
    {
        var registered = _extensions.TryAdd((extension.GetType(), extension.ContractName), type);
        if (!registered && throwOnError)
        {
            throw Contracts.Except($"An extension for '{extension.GetType().Name}' with contract '{extension.ContractName}' " +
                "has already been registered in the ComponentCatalog.");
        }
    }

    private static IEnumerable<Type> LoadableTypes(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            return e.Types.Where(type => type is not null);
        }
    }
}
